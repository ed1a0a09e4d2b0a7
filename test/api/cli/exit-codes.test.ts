import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../../src/api/cli/exit-codes.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { openService } from '../../../src/infra/service.js';
import { dataDirOf, fill } from '../../infra/transfer/exports.js';
import { Api } from '../support/api.js';
import { CLI, vmledger } from './cli.js';
import { cutOff } from './cut-off.js';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** The rows of the table in the documentation: which command ends with which code. */
const documented = [
  ...readFileSync(join(ROOT, 'docs', 'command-line.md'), 'utf8').matchAll(/^\| `(\w+)` +\| +(\d+) \|/gm),
].map(([, command = '', code]) => [command, Number(code)] as const);

let api: Api;
let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

/** Runs a command, and sends it a signal once it said something. */
async function signalled(args: readonly string[], signal: NodeJS.Signals): Promise<unknown> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill(signal);
  child.stdout.resume();
  return (await exit)[0];
}

/** Runs a command whose answer nobody reads. */
async function unread(...args: string[]): Promise<unknown> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.destroy();
  return (await once(child, 'exit'))[0];
}

const run = async (...args: string[]): Promise<unknown> => (await vmledger(args)).code;

const NOBODY = 'http://127.0.0.1:9';

const CASES: Readonly<Record<string, () => Promise<unknown>>> = {
  'serve 0': () => signalled(['serve', '--port', '0', '-d', at('served')], 'SIGTERM'),
  'serve 1': () => run('serve', '--port', '0', '-d', at('signed', LEDGER_FILE)),
  'serve 2': () => run('serve', '--where', 'here'),
  'verify 0': () => run('verify', at('signed')),
  'verify 1': () => run('verify', at('broken')),
  'verify 2': () => run('verify', at('nothing')),
  'verify 3': () => run('verify', at('unsigned')),
  'replay 0': () => run('replay', at('signed')),
  'replay 1': () => run('replay', at('broken')),
  'replay 2': () => run('replay', at('signed'), '--vm', 'nobody'),
  'export 0': () => run('export', at('whole.jsonl'), '-d', at('signed')),
  'export 2': () => run('export', at('nothing', 'here'), '-d', at('signed')),
  'export 130': () =>
    cutOff({ args: ['export', at('cut.jsonl'), '-d', at('long')], signal: 'SIGINT', file: at('cut.jsonl.new') }),
  'export 141': () => unread('export', '-', '-d', at('long')),
  'import 0': () => run('import', at('good.jsonl'), '-d', at('imported')),
  'import 1': () => run('import', at('bad.jsonl'), '-d', at('not imported')),
  'import 2': () => run('import', at('good.jsonl'), '-d', at('signed')),
  'import 143': () =>
    cutOff({
      args: ['import', '-', '-d', at('ended')],
      signal: 'SIGTERM',
      file: at('ended', 'importing', LEDGER_FILE),
      input: readFileSync(at('long.jsonl'), 'utf8'),
    }),
  'backup 0': () => run('backup', at('backup'), '-d', at('signed')),
  'backup 1': () => run('backup', at('no backup'), '-d', at('broken')),
  'backup 2': () => run('backup', at('signed'), '-d', at('signed')),
  'restore 0': () => run('restore', at('signed'), at('restored')),
  'restore 1': () => run('restore', at('broken'), at('not restored')),
  'restore 2': () => run('restore', at('nothing'), at('not restored')),
  'log 0': () => run('log', 'key', '-d', at('signed')),
  'log 2': () => run('log', 'key', '-d', at('nothing')),
  'token 0': () => run('token', 'list', '-d', at('signed')),
  'token 2': () => run('token', 'make'),
  'vm 0': () => run('vm', 'list', '--url', api.url),
  'vm 2': () => run('vm', 'list', '--limit', '0'),
  'vm 4': () => run('vm', 'show', 'nobody', '--url', api.url),
  'vm 5': () => run('vm', 'list', '--url', NOBODY),
  'vm 141': () => unread('vm', 'list', '--url', api.url),
  'journal 0': () => run('journal', 'show', '1', '--url', api.url),
  'journal 2': () => run('journal', 'show', 'first'),
  'journal 4': () => run('journal', 'show', '999', '--url', api.url),
  'journal 5': () => run('journal', 'follow', '--url', NOBODY),
  'memory 0': () => run('memory', 'read', 'one', '0', '1', '--url', api.url),
  'memory 2': () => run('memory', 'read', 'one', '0'),
  'memory 4': () => run('memory', 'read', 'one', '0x1000000', '1', '--url', api.url),
  'memory 5': () => run('memory', 'read', 'one', '0', '1', '--url', NOBODY),
  'explain 0': () => run('explain', 'EBUSY'),
  'explain 2': () => run('explain', 'EVERYTHING'),
};

describe('exit codes', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exit-'));
    api = await Api.start();
    await api.machine('one');
    await api.done('POST', '/v1/vms/one/memop', { op: 'absolute_write', gaddr: 0, size: 1, data: 'AA==' });
    dataDirOf(join(ROOT, 'test', 'golden', '0001-spine.sqlite'), at('signed'));
    await (await openService({ dataDir: at('signed') })).close();
    for (const name of ['unsigned', 'broken']) dataDirOf(at('signed', LEDGER_FILE), at(name));
    const db = new Database(at('broken', LEDGER_FILE));
    db.exec(`DROP TRIGGER records_update;
      UPDATE records SET bytes = CAST(replace(CAST(bytes AS TEXT), '"ret":0', '"ret":4') AS BLOB) WHERE position = 1`);
    db.close();
    await fill(at('long'), 20_000);
    await vmledger(['export', at('long.jsonl'), '-d', at('long')]);
    await vmledger(['export', at('good.jsonl'), '-d', at('signed')]);
    writeFileSync(at('bad.jsonl'), readFileSync(at('good.jsonl'), 'utf8').slice(0, -9));
  }, 60_000);
  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  it('are documented, each that there is, and each case is tried', () => {
    expect(documented.map(([command, code]) => `${command} ${code}`).sort()).toEqual(Object.keys(CASES).sort());
    expect(new Set(documented.map(([, code]) => code))).toEqual(new Set([...Object.values(EXIT), 130, 143]));
  });

  it.each(documented)('%s ends with %i', async (command, code) => {
    expect(await CASES[`${command} ${code}`]?.()).toBe(code);
  });
});
