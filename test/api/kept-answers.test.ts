import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEPT_HEADERS } from '../../src/api/commands/kept-answer.js';
import { Api } from './support/api.js';
import { CHANGES, type Change, requestOf } from './support/changes.js';

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: string;
  readonly replayed: string | null;
}

const HEADERS = [...KEPT_HEADERS, 'content-length'];

/** A world in which always the same happens, so that two services give the same answers. */
function fixedWorld() {
  let ids = 0;
  const world = {
    now: () => new Date('2026-01-31T12:00:00Z'),
    random: (size: number) => new Uint8Array(size).fill(7),
    newId: () => `id-${++ids}`,
  };
  return world;
}

async function send(api: Api, change: Change, headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const response = await fetch(`${api.url}${change.path}`, requestOf(change, headers));
  return {
    status: response.status,
    headers: Object.fromEntries(HEADERS.map((name) => [name, response.headers.get(name)])),
    body: Buffer.from(await response.arrayBuffer()).toString('latin1'),
    replayed: response.headers.get('idempotency-replayed'),
  };
}

describe('the answer to a change', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kept-'));
  /** What the service without keys answered, what the one with keys did first, and after it was opened again. */
  const plain: Seen[] = [];
  const first: Seen[] = [];
  const again: Seen[] = [];
  const restarted: Seen[] = [];
  const keptLater: string[] = [];
  let heads: number[] = [];
  let operations: string[] = [];

  const keyOf = (i: number) => ({ 'idempotency-key': `key-${i}` });

  beforeAll(async () => {
    const without = await Api.start({ world: fixedWorld() });
    for (const [, change] of CHANGES) plain.push(await send(without, change));
    const document = (await without.done('GET', '/openapi.json')) as {
      readonly paths: Record<string, Record<string, { readonly operationId: string }>>;
    };
    operations = Object.values(document.paths).flatMap((methods) =>
      Object.entries(methods).flatMap(([method, { operationId }]) =>
        ['post', 'put', 'patch', 'delete'].includes(method) ? [operationId] : [],
      ),
    );
    await without.close();

    const keyed = await Api.start({ dataDir, world: fixedWorld() });
    const { answers } = keyed.service;
    const keep = answers.keep.bind(answers);
    answers.keep = (answer, now) => {
      keptLater.push(answer.request.key);
      return keep(answer, now);
    };
    for (const [i, [, change]] of CHANGES.entries()) first.push(await send(keyed, change, keyOf(i)));
    heads = [await keyed.head()];
    for (const [i, [, change]] of CHANGES.entries()) again.push(await send(keyed, change, keyOf(i)));
    heads.push(await keyed.head());
    await keyed.close();

    const reopened = await Api.start({ dataDir, world: fixedWorld() });
    for (const [i, [, change]] of CHANGES.entries()) restarted.push(await send(reopened, change, keyOf(i)));
    heads.push(await reopened.head());
    await reopened.close();
    rmSync(dataDir, { recursive: true });
  }, 120_000);

  const rows = CHANGES.map(([operation, { method, path, expected = 200, isKept = true }], i) => ({
    what: `${i}: ${operation} ${method} ${path}`,
    expected,
    isKept,
    i,
  }));

  it('is tried for every operation that changes something', () =>
    expect([...new Set(CHANGES.map(([operation]) => operation))].sort()).toEqual(operations.sort()));

  it.each(rows)('$what is $expected', ({ expected, i }) =>
    expect([plain[i]?.status, plain[i]?.body]).toEqual([expected, expect.anything()]),
  );

  it.each(rows)('$what is the same with a key as without', ({ i }) => expect(first[i]).toEqual(plain[i]));

  it.each(rows.filter(({ isKept }) => isKept))('$what is given again byte for byte', ({ i }) => {
    const replayed = { ...first[i], replayed: 'true' };
    expect(first[i]?.replayed).toBeNull();
    expect(again[i]).toEqual(replayed);
    expect(restarted[i]).toEqual(replayed);
  });

  it('is given again without another record', () => expect(heads).toEqual([heads[0], heads[0], heads[0]]));

  it('is kept in the transaction of what it tells of, but for a replay, which is in no file', () => {
    const unwritten = CHANGES.flatMap(([operation], i) => (operation === 'startReplay' ? [`key-${i}`] : []));
    expect(keptLater).toEqual(unwritten);
  });
});
