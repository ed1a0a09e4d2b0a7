import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { KEPT_FOR } from '../../../src/infra/journal/answer-store.js';
import { world } from '../../../src/infra/world.js';
import { type Answer, Api, base64 } from '../support/api.js';

const WRITE = { op: 'absolute_write', gaddr: 0, size: 5, data: base64('hello') };
const MEMOP = '/v1/vms/m/memop';

const key = (name: string) => ({ 'idempotency-key': name });
const isReplayed = ({ headers }: Pick<Answer, 'headers'>) => headers.get('idempotency-replayed') === 'true';

describe('Idempotency-Key', () => {
  let api: Api;
  let clock = 0;
  beforeAll(async () => {
    api = await Api.start({ busyTimeout: 20, world: { ...world, now: () => new Date(Date.now() + clock) } });
    await api.machine('m');
  });
  afterAll(() => api.close());

  it('makes 32 duplicates at once one record with 32 equal answers', async () => {
    const head = await api.head();
    const texts = await Promise.all(
      Array.from({ length: 32 }, async () => {
        const response = await api.raw('POST', MEMOP, JSON.stringify(WRITE), {
          'content-type': 'application/json',
          ...key('many'),
        });
        return { replayed: isReplayed(response), text: await response.text(), etag: response.headers.get('etag') };
      }),
    );
    expect(new Set(texts.map(({ text, etag }) => `${etag ?? ''} ${text}`)).size).toBe(1);
    expect(texts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(JSON.parse(texts[0]?.text ?? '')).toMatchObject({ ret: 0, position: head + 1 });
    expect(await api.head()).toBe(head + 1);
  });

  it('makes duplicates of a VM that is created at once one VM', async () => {
    const create = () => api.call('POST', '/v1/vms', { arch: 's390x' }, key('create'));
    const answers = await Promise.all(Array.from({ length: 8 }, create));
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(new Array(8).fill(201));
  });

  it.each<[string, string, string, unknown]>([
    ['another body', 'POST', MEMOP, { ...WRITE, gaddr: 8 }],
    ['another path', 'POST', '/v1/vms/m/vcpus/0/memop', WRITE],
    ['another query', 'POST', `${MEMOP}?op=5`, WRITE],
    ['another method', 'DELETE', '/v1/vms/m', undefined],
  ])('is 422 with %s, which is not recorded', async (_what, method, path, body) => {
    await api.call('POST', MEMOP, WRITE, key('first'));
    const head = await api.head();
    const answer = await api.call(method, path, body, key('first'));
    expect([answer.status, answer.body['type']]).toEqual([422, 'urn:vmledger:problem:idempotency-key-reused']);
    expect([isReplayed(answer), await api.head()]).toEqual([false, head]);
  });

  it.each([
    ['POST', '/nowhere'],
    ['POST', '/v1/vms/'],
    ['POST', '/v1/vms//vcpus'],
    ['POST', '/v1/vms//memop'],
    ['PUT', '/v1/vms//memslots/0'],
    ['DELETE', '/v1/vms/m/y/z'],
  ])('is 404 with %s %s, where nothing is served, as often as it is asked', async (method, path) => {
    const again = key(`${method}${path}`.replaceAll('/', '-'));
    for (let i = 0; i < 2; i++) expect((await api.call(method, path, undefined, again)).status).toBe(404);
  });

  it('is 422 with another body while the first is on its way', async () => {
    const both = await Promise.all([
      api.call('POST', MEMOP, WRITE, key('racing')),
      api.call('POST', MEMOP, { ...WRITE, gaddr: 8 }, key('racing')),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
  });

  it.each([
    ['none at all', ''],
    ['with a space', 'a b'],
    ['of 256 characters', 'k'.repeat(256)],
  ])('is 400 if it is %s', async (_what, name) => {
    const answer = await api.call('POST', MEMOP, WRITE, key(name));
    expect([answer.status, answer.body['detail']]).toEqual([400, expect.stringContaining('Idempotency-Key')]);
  });

  it('takes keys of 255 characters', async () => {
    const name = '~'.repeat(255);
    await api.done('POST', MEMOP, WRITE, key(name));
    expect(isReplayed(await api.call('POST', MEMOP, WRITE, key(name)))).toBe(true);
  });

  it('says nothing on a GET, which looks again', async () => {
    const read = () => api.call('GET', '/v1/vms/m/memory?gpa=0&size=5', undefined, key('get'));
    const [one, two] = [await read(), await read()];
    expect(two.body['position']).toBe(Number(one.body['position']) + 1);
  });

  it.each<[string, number, unknown, Record<string, string>]>([
    ['a malformed body', 400, { ...WRITE, size: 4 }, {}],
    ['a version that does not match', 412, WRITE, { 'if-match': '"999999"' }],
  ])('is not spent by %s', async (what, status, body, headers) => {
    const name = key(what.replaceAll(' ', '-'));
    expect((await api.call('POST', MEMOP, body, { ...name, ...headers })).status).toBe(status);
    const head = await api.head();
    const answer = await api.call('POST', MEMOP, WRITE, name);
    expect([answer.status, isReplayed(answer), await api.head()]).toEqual([200, false, head + 1]);
  });

  it('is not spent by a VM that is not there yet', async () => {
    const put = () => api.call('PUT', '/v1/vms/later/memslots/0', { guestPhysAddr: 0, size: 4096 }, key('later'));
    expect((await put()).status).toBe(404);
    await api.done('POST', '/v1/vms', { id: 'later', arch: 's390x' });
    const done = await put();
    expect([done.status, isReplayed(done)]).toEqual([200, false]);
    expect((await put()).body).toEqual(done.body);
  });

  it('is not spent by a journal that is locked', async () => {
    const other = new Sqlite(join(api.dataDir, LEDGER_FILE));
    other.exec('BEGIN IMMEDIATE');
    expect((await api.call('POST', MEMOP, WRITE, key('locked'))).status).toBe(503);
    other.exec('ROLLBACK');
    other.close();
    const done = await api.call('POST', MEMOP, WRITE, key('locked'));
    expect([done.status, isReplayed(done)]).toEqual([200, false]);
    expect(isReplayed(await api.call('POST', MEMOP, WRITE, key('locked')))).toBe(true);
  });

  it('is not spent by an errno of 5xx: the command can go through the next time', async () => {
    const clear = () => api.call('POST', '/v1/vms/m/memslots/0/dirty-log/clear', {}, key('enotty'));
    const [one, two] = [await clear(), await clear()];
    expect([one.status, two.status, isReplayed(two)]).toEqual([501, 501, false]);
    expect(two.body['position']).toBe(Number(one.body['position']) + 1);
  });

  it('gives refusals again', async () => {
    const refuse = () => api.call('PUT', '/v1/vms/m/attributes/mem_ctrl/enable_cmma', {}, key('busy'));
    const [one, two] = [await refuse(), await refuse()];
    expect([one.status, one.body['errno'], isReplayed(two)]).toEqual([409, 'EBUSY', true]);
    expect(two.body).toEqual(one.body);
  });

  it('gives the first answer again when the VM has moved on, whatever If-Match says', async () => {
    const { headers } = await api.call('GET', '/v1/vms/m');
    const ifMatch = { 'if-match': headers.get('etag') ?? '' };
    const one = await api.call('POST', MEMOP, WRITE, { ...key('moved'), ...ifMatch });
    await api.done('POST', MEMOP, WRITE);
    const two = await api.call('POST', MEMOP, WRITE, { ...key('moved'), ...ifMatch });
    expect([two.status, isReplayed(two), two.body]).toEqual([200, true, one.body]);
  });

  it('gives an answer of 16 MiB again', async () => {
    const ops = Array.from({ length: 256 }, () => ({ op: 'absolute_read', gaddr: 0, size: 65_536 }));
    const read = async () => {
      const response = await api.raw('POST', `${MEMOP}/batch`, JSON.stringify({ ops }), {
        'content-type': 'application/json',
        ...key('large'),
      });
      return { replayed: isReplayed(response), text: await response.text() };
    };
    const [one, two] = [await read(), await read()];
    expect([one.replayed, two.replayed]).toEqual([false, true]);
    expect(one.text.length).toBeGreaterThan(22_000_000);
    expect(two.text === one.text).toBe(true);
  }, 60_000);

  it('is free again after a day, and the answer gone', async () => {
    const one = await api.call('POST', MEMOP, WRITE, key('day'));
    clock = KEPT_FOR - 60_000;
    expect(isReplayed(await api.call('POST', MEMOP, WRITE, key('day')))).toBe(true);
    clock = KEPT_FOR + 60_000;
    const two = await api.call('POST', MEMOP, { ...WRITE, gaddr: 8 }, key('day'));
    expect([two.status, isReplayed(two)]).toEqual([200, false]);
    expect(two.body['position']).toBeGreaterThan(Number(one.body['position']));
    expect((await api.call('POST', MEMOP, { ...WRITE, gaddr: 8 }, key('day'))).body).toEqual(two.body);
  });

  it('says in the OpenAPI document where it can stand', async () => {
    const document = (await api.done('GET', '/openapi.json')) as {
      readonly paths: Record<string, Record<string, { readonly parameters: readonly { readonly name: string }[] }>>;
    };
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { parameters }] of Object.entries(methods))
        expect([method, path, parameters.some(({ name }) => name === 'Idempotency-Key')]).toEqual([
          method,
          path,
          ['post', 'put', 'patch', 'delete'].includes(method),
        ]);
  });
});
