import Database from 'better-sqlite3';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { Api, type Body, base64 } from './support/api.js';

const MARKER = 'the guest wrote this once';

/** The bytes of a file; none if it is gone meanwhile, as those are that take another name once they are written. */
function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

describe('/v1/audit/erasures', () => {
  let api: Api;
  beforeEach(async () => {
    api = await Api.start();
    await api.machine('vm');
  });
  afterEach(() => api.close());

  const write = (gpa: number, text: string) => api.done('PUT', '/v1/vms/vm/memory', { gpa, data: base64(text) });
  const erase = (body: object = {}) =>
    api.done('POST', '/v1/audit/erasures', { vm: 'vm', reason: 'asked to', ...body });
  const read = (query: string) => api.call('GET', `/v1/vms/vm/memory?size=4&${query}`);

  const isInFiles = (text: string): boolean =>
    readdirSync(api.dataDir, { recursive: true, encoding: 'utf8' }).some((name) => {
      const file = join(api.dataDir, name);
      return statSync(file, { throwIfNoEntry: false })?.isFile() === true && contentOf(file).includes(text);
    });

  it('removes what stands beside the records, records that, and lists it', async () => {
    await write(0, MARKER);
    await write(0, 'x'.repeat(4096));
    const { position, version } = await write(0x2000, 'live');
    const answer = await api.call('POST', '/v1/audit/erasures', { vm: 'vm', reason: 'asked to' });
    expect(answer.status).toBe(201);
    const facts = { vm: 'vm', from: 1, to: position, reason: 'asked to', records: 3, pieces: 3, actor: 'local' };
    const bytes = MARKER.length + 4096 + 4;
    const at = { position: Number(position) + 2, version: Number(version) + 2 };
    expect(answer.body).toEqual({ ...facts, ...at, bytes, kept: 2 });
    expect(isInFiles(MARKER)).toBe(false);
    expect(answer.headers.get('etag')).toBe(`"${at.version}"`);
    const { items, swept } = await api.done('GET', '/v1/audit/erasures');
    expect(swept).toBe(true);
    expect(items).toEqual([{ ...facts, ...at, bytes, time: expect.any(String) as string }]);
    const journal = await api.done('GET', '/v1/vms/vm/journal?type=erase_memory');
    expect(journal['items']).toMatchObject([
      { position: at.position, actor: 'local', command: { reason: 'asked to' } },
    ]);
  });

  it('leaves a VM that lives its memory, and the past that is left', async () => {
    await write(0x1000, 'gone');
    const { position } = await write(0x1000, 'stay');
    const { version } = await write(0x2000, 'next');
    await erase({ to: position });
    expect((await read('gpa=0x1000')).body['data']).toBe(base64('stay'));
    expect((await read(`gpa=0x2000&version=${String(version)}`)).body['data']).toBe(base64('next'));
  });

  it('answers 410 to who looks at what is erased, naming the erasure', async () => {
    const { version } = await write(0x1000, 'gone');
    const head = await api.head();
    const { position } = await erase();
    const answer = await read(`gpa=0x1000&version=${String(version)}`);
    expect(answer.status).toBe(410);
    expect(answer.body).toMatchObject({ type: 'urn:vmledger:problem:erased', status: 410, erasure: position });
    expect(answer.body).not.toHaveProperty('data');
    expect(await api.head()).toBe(head + 2);
    expect((await read(`gpa=0x3000&version=${String(version)}`)).body['data']).toBe(base64('\0\0\0\0'));
  });

  it('takes a part, and what is asked for again is recorded again', async () => {
    const first = await write(0x1000, 'one!');
    const second = await write(0x2000, 'two!');
    const part = { from: second['position'], to: second['position'] };
    expect(await erase(part)).toMatchObject({ ...part, records: 1, bytes: 4 });
    expect((await read(`gpa=0x1000&version=${String(second['version'])}`)).body['data']).toBe(base64('one!'));
    expect((await read(`gpa=0x2000&version=${String(second['version'])}`)).status).toBe(410);
    expect(await erase(part)).toMatchObject({ ...part, records: 0, pieces: 0, bytes: 0, kept: 0 });
    const { items } = await api.done('GET', '/v1/audit/erasures?vm=vm');
    expect(items).toHaveLength(2);
    expect(first['version']).toBe(4);
  });

  it('takes all of a VM that was destroyed, and pages through the erasures', async () => {
    await write(0x1000, MARKER);
    await api.done('GET', '/v1/vms/vm/memory?gpa=0x1000&size=100');
    await erase();
    await api.done('DELETE', '/v1/vms/vm');
    expect(isInFiles(MARKER)).toBe(true);
    expect(await erase()).toMatchObject({ kept: 0 });
    expect(isInFiles(MARKER)).toBe(false);
    const page = await api.done('GET', '/v1/audit/erasures?limit=1');
    const rest = await api.done('GET', `/v1/audit/erasures?limit=1&cursor=${String(page['nextCursor'])}`);
    expect([page, rest].map(({ items }) => (items as Body[]).length)).toEqual([1, 1]);
    expect(rest).not.toHaveProperty('nextCursor');
    expect(await api.replay()).toMatchObject({ state: 'done', divergences: [] });
  });

  it('leaves records, root and proofs as they were', async () => {
    const { position } = await write(0x1000, 'gone');
    const url = `/v1/audit/log/tile/entries/000.p/${String(position)}`;
    await api.signed(Number(position));
    const entries = async () => Buffer.from(await (await api.raw('GET', url)).arrayBuffer());
    const consistency = (to: unknown) =>
      api.done('GET', `/v1/audit/log/consistency?from=${String(position)}&to=${String(to)}`);
    const before = await entries();
    const root = (await consistency(position))['from'];
    const erased = await erase();
    await api.signed(Number(erased['position']));
    expect((await entries()).equals(before)).toBe(true);
    expect((await consistency(erased['position']))['from']).toEqual(root);
  });

  it('counts in a replay the records of which only the facts are left', async () => {
    await write(0x1000, 'gone');
    await read('gpa=0x1000');
    await erase();
    await read('gpa=0x1000');
    const total = await api.head();
    // The write, the read, and the record that keeps the page, which a replay cannot read any more.
    expect(await api.replay()).toMatchObject({ state: 'done', total, checked: total, erased: 3, divergences: [] });
  });

  it('takes what was answered under an Idempotency-Key too, and leaves the key taken', async () => {
    await write(0x1000, MARKER);
    const key = (name: string) => ({ 'idempotency-key': name });
    const look = () =>
      api.call('POST', '/v1/vms/vm/memop', { op: 'absolute_read', gaddr: 0x1000, size: MARKER.length }, key('look'));
    const change = () =>
      api.call('PUT', '/v1/vms/vm/memory', { gpa: 0x1000, data: base64('x'.repeat(4096)) }, key('change'));
    const erasing = () => api.call('POST', '/v1/audit/erasures', { vm: 'vm', reason: 'asked to' }, key('erase'));
    expect((await look()).body['data']).toBe(base64(MARKER));
    const changed = await change();
    expect(isInFiles(base64(MARKER))).toBe(true);
    const erased = await erasing();
    expect([isInFiles(MARKER), isInFiles(base64(MARKER))]).toEqual([false, false]);
    const head = await api.head();
    const again = await look();
    expect([again.status, again.body['erasure']]).toEqual([410, erased.body['position']]);
    expect((await change()).body).toEqual(changed.body);
    expect((await erasing()).body).toEqual(erased.body);
    expect(await api.head()).toBe(head);
  });

  it('is not carried out at another version than the client asks for', async () => {
    await write(0x1000, MARKER);
    const { version } = await write(0x1000, 'x'.repeat(4096));
    const head = await api.head();
    const at = (tag: string) =>
      api.call('POST', '/v1/audit/erasures', { vm: 'vm', reason: 'asked to' }, { 'if-match': tag });
    const { status, headers, body } = await at(`"${Number(version) - 1}"`);
    expect([status, headers.get('etag'), body['type']]).toEqual([
      412,
      `"${String(version)}"`,
      'urn:vmledger:problem:version-mismatch',
    ]);
    expect((await at('7')).status).toBe(400);
    expect([await api.head(), isInFiles(MARKER)]).toEqual([head, true]);
    expect((await at(`"${String(version)}"`)).status).toBe(201);
    expect(isInFiles(MARKER)).toBe(false);
  });

  it('waits for who reads the files as they were, and says so meanwhile', async () => {
    await write(0x1000, MARKER);
    await write(0x1000, 'x'.repeat(4096));
    const reader = new Database(join(api.dataDir, 'ledger.sqlite'), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM records').get();
    await erase();
    expect(await api.done('GET', '/v1/audit/erasures')).toMatchObject({ swept: false });
    expect(isInFiles(MARKER)).toBe(true);
    reader.close();
    await eventually(
      () => api.done('GET', '/v1/audit/erasures'),
      ({ swept }) => swept === true,
    );
    expect(isInFiles(MARKER)).toBe(false);
  }, 30_000);

  it('leaves who touched what and who wrote it last, and tells of a change that nobody can tell any more', async () => {
    const from = await write(0x1000, MARKER);
    await write(0x2000, 'one!');
    const to = await write(0x1000, 'changed');
    await write(0x1000, 'x'.repeat(4096));
    const views = [
      'audit/accesses?vm=vm&gpa=0x1000',
      `vms/vm/memory/blame?gpa=0x1000&size=8&version=${String(to['version'])}`,
    ];
    const told = () => Promise.all(views.map(async (view) => (await api.done('GET', `/v1/${view}`))['items']));
    const before = await told();
    const { position } = await erase({ to: to['position'] });
    expect(await told()).toEqual(before);
    expect(isInFiles(MARKER)).toBe(false);
    const diff = await api.done('GET', `/v1/vms/vm/diff?from=${String(from['version'])}&to=${String(to['version'])}`);
    const memory = (diff['items'] as Body[]).filter(({ what }) => what === 'memory');
    const page = { what: 'memory', size: '0x1000', erased: position };
    expect(memory).toEqual([
      { ...page, gpa: '0x1000' },
      { ...page, gpa: '0x2000' },
    ]);
  });

  it.each<[what: string, body: object, status: number, field: string]>([
    ['no reason', { reason: undefined }, 400, 'reason'],
    ['an empty reason', { reason: '' }, 400, 'reason'],
    ['a long reason', { reason: 'x'.repeat(501) }, 400, 'reason'],
    ['an end before the beginning', { from: 3, to: 2 }, 400, 'to'],
    ['position 0', { from: 0 }, 400, 'from'],
    ['a beginning behind the last record', { from: 4 }, 400, 'from'],
    ['another property', { all: true }, 400, 'all'],
  ])('refuses %s', async (_, body, status, field) => {
    const answer = await api.call('POST', '/v1/audit/erasures', { vm: 'vm', reason: 'asked to', ...body });
    expect(answer.status).toBe(status);
    expect(answer.body['errors']).toMatchObject([{ field }]);
    expect(await api.head()).toBe(3);
  });

  it('knows no VM that there is not', async () => {
    const answer = await api.call('POST', '/v1/audit/erasures', { vm: 'other', reason: 'asked to' });
    expect([answer.status, answer.body['vm']]).toEqual([404, 'other']);
  });

  it('refuses to take from another VM that lives', async () => {
    for (const id of ['a', 'b']) {
      await api.done('POST', '/v1/vms', { id, arch: 'x86_64' });
      await api.done('PUT', `/v1/vms/${id}/memslots/0`, { guestPhysAddr: 0, size: '0x200000' });
      await api.done('POST', `/v1/vms/${id}/vcpus`, { id: 0 });
      await api.done('POST', `/v1/vms/${id}/introspection/hook`, {});
      await api.done('POST', `/v1/vms/${id}/introspection/allow`, { command: 'get_map_token', allow: 1 });
    }
    const { token } = await api.done('POST', '/v1/vms/a/introspection/commands', { command: 'get_map_token' });
    await api.done('PUT', '/v1/vms/b/memory', { gpa: 0x8000, data: token });
    await api.done('POST', '/v1/vms/b/vcpus/0/hypercalls', { nr: 32, args: [0x8000, 0x1000, 0x2000] });
    await api.done('PUT', '/v1/vms/b/memory', { gpa: 0x2000, data: base64('shared') });
    const answer = await api.call('POST', '/v1/audit/erasures', { vm: 'b', reason: 'asked to' });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ type: 'urn:vmledger:problem:would-take-from', vm: 'a' });
    expect((await api.done('GET', '/v1/audit/erasures'))['items']).toEqual([]);
  });
});

describe('who looks at the past', () => {
  it.each<[what: string, path: string, type: string]>([
    ['memory', 'memory?gpa=0&size=4', 'read_memory'],
    ['translations', 'vcpus/0/translate', 'translate'],
  ])('of %s is recorded, with what was looked at, and leaves the state as it was', async (_, path, type) => {
    const api = await Api.start();
    await api.machine('vm');
    const { version } = await api.done('PUT', '/v1/vms/vm/memory', { gpa: 0, data: base64('past') });
    const separator = path.includes('?') ? '&' : '?';
    const body = type === 'translate' ? { gaddr: 0 } : undefined;
    await api.done(body ? 'POST' : 'GET', `/v1/vms/vm/${path}${separator}version=${String(version)}`, body);
    const { items } = await api.done('GET', '/v1/vms/vm/journal');
    const [before, look] = (items as { digests: object }[]).slice(-2);
    expect(look).toMatchObject({ actor: 'local', command: { type, asOf: version }, events: [] });
    expect(look?.digests).toEqual(before?.digests);
    await api.close();
  });
});
