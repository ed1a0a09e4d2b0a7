import fc from 'fast-check';
import { AnswerCheck } from './fuzz/answer-check.js';
import { type Document, type Place, placesOf } from './fuzz/document.js';
import { FuzzWorld } from './fuzz/fuzz-world.js';
import { type FuzzRequest, requestsTo } from './fuzz/request-arbitrary.js';
import { type ValuesOf, valuesIn } from './fuzz/schema-arbitrary.js';
import { Api } from './support/api.js';
import { replayed } from './support/x86.js';

/** FUZZ_RUNS: requests to each operation; FUZZ_SEED: other ones than always. */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 12);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_260_131);

describe(`requests made from the OpenAPI document (FUZZ_SEED=${seed} FUZZ_RUNS=${numRuns})`, () => {
  let api: Api;
  let world: FuzzWorld;
  let document: Document;
  let check: AnswerCheck;
  let valuesOf: ValuesOf;
  beforeAll(async () => {
    api = await Api.start();
    // What chance comes by may not come again.
    api.forgetStatuses();
    world = new FuzzWorld(api);
    document = (await api.done('GET', '/openapi.json')) as unknown as Document;
    check = new AnswerCheck(document);
    valuesOf = valuesIn(document.components.schemas);
  });
  afterAll(() => api.close());

  const send = ({ method }: Place, { path, query, headers, body }: FuzzRequest): Promise<Response> =>
    api.raw(method.toUpperCase(), `${world.path(path)}${query === '' ? '' : `?${query}`}`, body, headers);

  it('are answered as it says, whatever is asked', async () => {
    const flaws: string[] = [];
    for (const place of placesOf(document)) {
      await world.refresh();
      const property = fc.asyncProperty(requestsTo(place, valuesOf), async (request) => {
        const flaw = await check.flawOf(place, await send(place, request));
        if (flaw !== undefined) throw new Error(flaw);
      });
      // A request that went wrong is not made smaller: what it was sent to is not the same any more.
      const { failed, errorInstance, counterexample } = await fc.check(property, { seed, numRuns, endOnFailure: true });
      if (failed)
        flaws.push(`${place.operation.operationId} ${fc.stringify(counterexample)}: ${String(errorInstance)}`);
    }
    expect(flaws).toEqual([]);
  }, 600_000);

  it('leave a journal that replays', async () => expect(await replayed(api)).toEqual([]), 120_000);

  it('never made the service fail', () => expect(api.log).toEqual([]));
});
