import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '../../support/process.js';
import { Relay } from '../../support/relay.js';
import { Api } from '../support/api.js';
import { CLI, vmledger } from './cli.js';

/** Beside `dist`, as that of the sources. */
const PACKAGE = join(dirname(CLI), '..', '..', '..', 'package.json');

describe('the reading commands', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('one');
    // So that a time lies between what was before and what comes.
    await sleep(10);
    const write = { op: 'absolute_write', gaddr: 0x1000, size: 5, data: Buffer.from('hello').toString('base64') };
    await api.done('POST', '/v1/vms/one/memop', write);
    await api.call('PUT', '/v1/vms/one/attributes/mem_ctrl/enable_cmma', {});
    await api.done('POST', '/v1/vms', { id: 'two', name: 'a\u001b[2Jb', arch: 'x86_64', labels: { tier: 'test' } });
    for (let i = 0; i < 120; i++) await api.done('POST', '/v1/vms', { id: `z${i}`, arch: 'aarch64' });
  });
  afterAll(() => api.close());

  const run = (...args: string[]) => vmledger(args, { VMLEDGER_URL: api.url });

  async function said(...args: string[]): Promise<string> {
    const { stdout, stderr, code } = await run(...args);
    expect([stderr, code]).toEqual(['', 0]);
    return stdout;
  }

  const jsonLines = async (...args: string[]): Promise<unknown[]> =>
    (await said(...args, '--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('leave --version to the program where no command is named', async () => {
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { readonly version: string };
    expect(await said('--version')).toBe(`${version}\n`);
    expect(await said('vm', 'show', 'one', '--version', '1')).toMatch(/^version +1$/m);
  });

  it('list VMs, over as many pages as there are', async () => {
    const lines = (await said('vm', 'list')).split('\n');
    expect(lines[0]).toMatch(/^ID +NAME +ARCH +SEMANTICS +STATE +VERSION +VCPUS +UPDATED +LABELS$/);
    expect(lines[1]).toMatch(/^one +s390x +documented +live +5 +1 +20\S+Z$/);
    expect(lines[2]).toMatch(/^two +a\\u\{1b\}\[2Jb +x86_64 .* tier=test$/);
    expect(lines.length).toBe(124);
    expect(await jsonLines('vm', 'list', '--limit', '101')).toHaveLength(101);
    expect(await jsonLines('vm', 'list', '--label', 'tier=test')).toMatchObject([{ id: 'two' }]);
    expect(await jsonLines('vm', 'list', '--arch', 's390x', '--state', 'live')).toMatchObject([{ id: 'one' }]);
  });

  it('show a VM, as it is and as it was, and what it would answer', async () => {
    expect(await said('vm', 'show', 'one')).toMatch(
      /\nSLOT {2}GUEST PHYSICAL {2}SIZE +FLAGS\n0 +0x0 +0x400000 +log_dirty_pages\n$/,
    );
    expect(await said('vm', 'show', 'one', '--version', '1')).toMatch(/\nversion +1\n(.*\n)*vcpus +\n/);
    expect(await jsonLines('vm', 'show', 'one')).toEqual([await api.done('GET', '/v1/vms/one')]);
    const state = await said('vm', 'state', 'one');
    expect(state).toMatch(/^lifecycle +live\n/);
    expect(state).toMatch(/\nmem_ctrl\/enable_cmma +EBUSY\n/);
    expect(await jsonLines('vm', 'state', 'one')).toEqual([await api.done('GET', '/v1/vms/one/state')]);
  });

  it('list and show records', async () => {
    const lines = (await said('journal', 'list', '--vm', 'one')).split('\n');
    expect(lines[0]).toMatch(/^POSITION +TIME +VM +VERSION +ACTOR +COMMAND +OUTCOME$/);
    expect(lines[4]).toMatch(/^4 +20\S+Z +one +4 +local +s390_mem_op +done$/);
    expect(lines[5]).toMatch(/^5 .* set_device_attr +EBUSY$/);
    expect(await jsonLines('journal', 'list', '--outcome', 'refused')).toMatchObject([{ position: 5 }]);
    expect(await jsonLines('journal', 'list', '--after', '6', '--limit', '105')).toHaveLength(105);
    expect(await jsonLines('journal', 'list', '--vm', 'one', '--gpa', '0x1000', '--type', 's390_mem_op')).toHaveLength(
      1,
    );
    const shown = await said('journal', 'show', '4');
    expect(shown).toMatch(/^position +4\nvm +one\n/);
    expect(shown).toMatch(/\ncommand +s390_mem_op \{.*"gaddr":"0x1000"/);
    expect(shown).toMatch(/\ncommand\.data +5 bytes, commitment [0-9a-f]{64}\n/);
    expect(await jsonLines('journal', 'show', '4')).toMatchObject([
      { position: 4, vm: 'one', leafHash: expect.any(String) as string },
    ]);
  });

  it('read memory, as it is and as it was', async () => {
    const read = ['memory', 'read', 'one', '0x0ff8', '72'];
    expect(await said(...read)).toBe(
      [
        '00000ff8  00 00 00 00 00 00 00 00  68 65 6c 6c 6f 00 00 00  |........hello...|',
        '00001008  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|',
        '*',
        '00001038  00 00 00 00 00 00 00 00                           |........|',
        '00001040',
        '',
      ].join('\n'),
    );
    expect(await said('memory', 'read', 'one', '0x1000', '5', '--raw')).toBe('hello');
    const before = await api.done('GET', '/v1/vms/one?version=3');
    for (const when of [
      ['--version', '3'],
      ['--at', String(before['updatedAt'])],
    ])
      expect(await said('memory', 'read', 'one', '0x1000', '5', '--raw', ...when)).toBe('\0'.repeat(5));
    expect(await jsonLines('memory', 'read', 'one', '4096', '5')).toMatchObject([{ ret: 0, data: 'aGVsbG8=' }]);
  });

  it.each([
    ['a VM that is not there', ['vm', 'show', 'no'], 4, /^vmledger: 404: There is no such VM: .*\n$/],
    ['a record that is not there', ['journal', 'show', '99999'], 4, /^vmledger: 404: there is no record at 99999\n$/],
    ['what the machine refuses, by its errno', ['memory', 'read', 'two', '0', '8'], 4, /^vmledger: EFAULT: .*\n$/],
    ['a request that is malformed', ['memory', 'read', 'one', 'here', '8'], 4, /^vmledger: 400: .*\n$/],
    ['a number that is none', ['journal', 'show', 'x'], 2, /^vmledger: the position must be a whole number/],
    ['a URL that is none', ['vm', 'list', '--url', 'x'], 2, /^vmledger: x is not a URL\n$/],
    [
      'a service that is not there',
      ['vm', 'list', '--url', 'http://127.0.0.1:1'],
      5,
      /^vmledger: http:\/\/127\.0\.0\.1:1 does not answer: /,
    ],
    ['a follower without a service', ['journal', 'follow', '--url', 'http://127.0.0.1:1'], 5, /does not answer/],
  ])('say on one line what is wrong with %s', async (_, args, expected, line) => {
    const { stdout, stderr, code } = await run(...args);
    expect([stdout, code]).toEqual(['', expected]);
    expect(stderr).toMatch(line);
  });

  it.each([
    ['the environment', [], { VMLEDGER_TOKEN: 'secret' }],
    ['an option', ['--token', 'secret'], { VMLEDGER_TOKEN: 'another' }],
  ])('send the token of %s', async (_, args, env) => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.writeHead(401, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ status: 401, title: 'Who are you', detail: 'no such token' }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ended = await vmledger(['vm', 'list', ...args], { VMLEDGER_URL: url, ...env });
    expect(ended).toEqual({ stdout: '', stderr: 'vmledger: 401: Who are you: no such token\n', code: 4 });
    expect(asked).toEqual(['Bearer secret']);
    server.close();
  });
});

describe('vmledger journal follow', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'follow-'));
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it('shows every record once, over a restart of the service, until it is interrupted', async () => {
    const create = (url: string, id: string) =>
      fetch(`${url}/v1/vms`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id, arch: 's390x' }),
      });
    const relay = await Relay.start();
    const first = await startProcess(dataDir);
    relay.to(first.url);
    await create(first.url, 'a');
    const args = ['journal', 'follow', '--after', '0', '--json', '--url', relay.url];
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
    expect(await next()).toMatchObject({ position: 1, vm: 'a' });
    await first.end('SIGTERM');
    const second = await startProcess(dataDir);
    relay.to(second.url);
    await create(second.url, 'b');
    expect(await next()).toMatchObject({ position: 2, vm: 'b' });
    child.kill('SIGINT');
    expect(await exit).toEqual([null, 'SIGINT']);
    await second.end('SIGTERM');
    await relay.close();
  }, 60_000);
});
