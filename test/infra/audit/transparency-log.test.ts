import Database from 'better-sqlite3';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checkpoint, parseCheckpoint, signatureOf } from '../../../src/domain/audit/tlog/checkpoint.js';
import { keyText, parseKey } from '../../../src/domain/audit/tlog/key.js';
import { noteText } from '../../../src/domain/audit/tlog/note.js';
import { parsePolicy } from '../../../src/domain/audit/tlog/policy.js';
import { consistencyProof } from '../../../src/domain/audit/tlog/proof.js';
import { isConsistent } from '../../../src/domain/audit/tlog/proof-verify.js';
import { ed25519Verify } from '../../../src/infra/audit/ed25519.js';
import { LogKeyError } from '../../../src/infra/audit/log-key.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { type Service, type ServiceOptions, openService } from '../../../src/infra/service.js';
import { command } from '../../../src/domain/vm/command.js';
import { signer } from '../../domain/support/tlog-keys.js';
import { digester } from '../../domain/support/test-digester.js';
import { eventually } from '../../support/eventually.js';
import { type WitnessServer, startWitness } from './witness-server.js';
import { LogForkError } from '../../../src/infra/audit/log-fork.js';

let dataDir: string;
let service: Service | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'log-'));
});
afterEach(async () => {
  await service?.close();
  service = undefined;
  rmSync(dataDir, { recursive: true });
});

const reports: string[] = [];
async function open(log: ServiceOptions['log'] = {}): Promise<Service> {
  reports.splice(0);
  service = await openService({ dataDir, log: { report: (message) => reports.push(message), ...log } });
  return service;
}

async function close(): Promise<void> {
  await service?.close();
  service = undefined;
}

const inLog = (name: string): string => join(dataDir, 'log', name);
const create = (vm: string) =>
  service?.machines.submit({
    vm,
    command: command.parse({ type: 'create_vm', arch: 's390x' }),
    actor: 'test',
    requestId: 'r',
  });

/** Waits until something is so. */
const until = (so: () => boolean): Promise<boolean> => eventually(so, (isSo) => isSo);

/** Changes the ledger's file behind the back of its triggers. */
function tamper(sql: string): void {
  const db = new Database(join(dataDir, LEDGER_FILE));
  db.exec('DROP TRIGGER records_update; DROP TRIGGER records_delete; DROP TRIGGER bulk_delete;');
  db.exec(sql);
  db.close();
}

describe("a log's key", () => {
  it('is made at the first start, for its owner alone, and stays', async () => {
    const { log } = await open();
    expect(statSync(inLog('key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(inLog('key'), 'utf8')).toMatch(
      /^PRIVATE\+KEY\+vmledger\.invalid\/[0-9a-f]{16}\+[0-9a-f]{8}\+\S{44}\n$/,
    );
    const vkey = keyText(log.key);
    expect(readFileSync(inLog('vkey'), 'utf8')).toBe(`${vkey}\n`);
    expect(parseKey(vkey, digester)).toEqual(log.key);
    await close();
    expect(keyText((await open()).log.key)).toBe(vkey);
  });

  it('is called what the operator wants, from the beginning', async () => {
    expect((await open({ origin: 'example.com/log' })).log.key.name).toBe('example.com/log');
    expect(service?.log.newest().origin).toBe('example.com/log');
    await close();
    await expect(open({ origin: 'example.com/other' })).rejects.toThrow(LogKeyError);
    expect((await open()).log.key.name).toBe('example.com/log');
  });

  it('is not used if others can read it', async () => {
    await open();
    await close();
    chmodSync(inLog('key'), 0o640);
    await expect(open()).rejects.toThrow('mode must be 600');
    chmodSync(inLog('key'), 0o600);
    await open();
  });

  it.each([
    ['empty', () => ''],
    ['of another name', (text: string) => text.replace('vmledger', 'wmledger')],
    ['cut short', (text: string) => text.slice(0, -10)],
    ['a public key', () => 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n'],
  ])('is not used if it is %s', async (_, change) => {
    await open();
    await close();
    writeFileSync(inLog('key'), change(readFileSync(inLog('key'), 'utf8')));
    await expect(open()).rejects.toThrow(LogKeyError);
  });
});

describe('a checkpoint', () => {
  it('is there from the beginning: of an empty log', async () => {
    const { log } = await open();
    expect(log.newest()).toMatchObject({ size: 0 });
    expect(log.checkpoint()).toEqual(log.newest());
  });

  it('is made twice a second, of every record that there is by then, and of none that was signed before', async () => {
    const intervals = jest.spyOn(globalThis, 'setInterval');
    const { log } = await open();
    const looks = intervals.mock.calls.filter(([, milliseconds]) => milliseconds === 500).map(([look]) => look);
    const timers = intervals.mock.results.map(({ value }) => value as NodeJS.Timeout);
    intervals.mockRestore();
    expect(looks).toHaveLength(1);
    for (const timer of timers) clearInterval(timer);
    const [look = () => undefined] = looks;
    const seen: Checkpoint[] = [];
    for (const size of [40, 41, 90]) {
      for (let i = log.newest().size; i < size; i++) await create(`vm-${i}`);
      seen.push(log.newest());
      const covering = log.covering(size, 20_000);
      look();
      expect(await covering).toBe(log.newest());
    }
    expect([...seen, log.newest()].map(({ size }) => size)).toEqual([0, 40, 41, 90]);
    const newest = log.newest();
    look();
    await close();
    expect(log.newest()).toBe(newest);
  });

  it('covers everything once the service has come to its end', async () => {
    const { journal } = await open();
    for (let i = 0; i < 5; i++) await create(`vm-${i}`);
    const head = await journal.head();
    await close();
    expect(parseCheckpoint(readFileSync(inLog('checkpoint'), 'utf8'))).toMatchObject({ size: head });
  });

  it('is consistent with every one before, over restarts', async () => {
    const all: Checkpoint[] = [];
    for (let i = 0; i < 4; i++) {
      const { log } = await open();
      all.push(log.newest());
      for (let j = 0; j < 3 + 100 * i; j++) await create(`vm-${i}-${j}`);
      await close();
    }
    const { log } = await open();
    all.push(log.newest());
    for (const [i, to] of all.entries())
      for (const from of all.slice(0, i)) {
        expect(signatureOf(from, log.key, ed25519Verify)).toBe('valid');
        expect(isConsistent(from, to, consistencyProof(from.size, to.size, log.tree), digester)).toBe(true);
      }
    expect(all.map(({ size }) => size)).toEqual([0, 3, 106, 309, 612]);
  });

  it('is not waited for for ever', async () => {
    const { log } = await open();
    expect(await log.covering(1, 50)).toBeUndefined();
  });
});

describe('a journal that is not the one that was signed', () => {
  const fill = async (): Promise<void> => {
    await open();
    for (let i = 0; i < 5; i++) await create(`vm-${i}`);
    await close();
  };

  it.each([
    ['was cut', 'DELETE FROM records WHERE position > 3', 'it has 3 records, and 5 were signed'],
    [
      'says something else',
      'UPDATE records SET leaf_hash = zeroblob(32) WHERE position = 2',
      'not those that were signed',
    ],
  ])('is not opened if it %s', async (_, sql, why) => {
    await fill();
    tamper(sql);
    await expect(open()).rejects.toThrow(LogForkError);
    await expect(open()).rejects.toThrow(why);
  });

  it('is not opened if its checkpoint was altered, and no other is signed', async () => {
    await fill();
    const before = readFileSync(inLog('checkpoint'), 'utf8');
    writeFileSync(inLog('checkpoint'), before.replace('\n5\n', '\n4\n'));
    await expect(open()).rejects.toThrow('was altered');
    writeFileSync(inLog('checkpoint'), '');
    await expect(open()).rejects.toThrow('was altered');
    writeFileSync(inLog('checkpoint'), before);
    await open();
  });

  it('is not signed any more if it changes while it is served, and the operator is told once', async () => {
    const { log } = await open();
    await create('a');
    await until(() => log.newest().size === 1);
    tamper('UPDATE records SET leaf_hash = zeroblob(32) WHERE position = 1');
    await create('b');
    await until(() => reports.length > 0);
    await sleep(2000);
    expect(reports).toEqual([expect.stringContaining('not those that were signed')]);
    expect(log.newest().size).toBe(1);
    await close();
    expect(reports).toHaveLength(1);
    await expect(open()).rejects.toThrow(LogForkError);
  });

  it('begins a new log under a new key, and says so', async () => {
    await fill();
    unlinkSync(inLog('key'));
    const { log } = await open();
    expect(reports).toEqual([expect.stringContaining('another log')]);
    expect(log.newest().size).toBe(5);
  });
});

describe('witnesses', () => {
  const signers = [1, 2, 3].map((i) => signer(`w${i}.example`, 'cosignature', i));
  const policyOf = (least: number, urls: readonly (string | undefined)[]) => {
    const lines = signers.map(({ key }, i) => `witness w${i} ${keyText(key)} ${urls[i] ?? ''}`);
    return parsePolicy([...lines, `group all ${least} w0 w1 w2`, 'quorum all', ''].join('\n'), digester);
  };
  const names = (checkpoint?: Checkpoint) => checkpoint?.note.signatures.map(({ name }) => name).sort();
  let servers: WitnessServer[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  const startAll = async (): Promise<void> => {
    servers = await Promise.all(signers.map((one) => startWitness(() => (service as Service).log.key, one)));
  };

  it('are asked, and what enough of them cosigned is published, also over restarts', async () => {
    await startAll();
    const policy = policyOf(
      2,
      servers.map(({ url }) => url),
    );
    const { log } = await open({ policy });
    await until(() => names(log.newest())?.length === 4);
    for (let i = 0; i < 3; i++) await create(`vm-${i}`);
    await until(() => log.checkpoint()?.size === 3);
    expect(names(log.checkpoint())?.length).toBeGreaterThanOrEqual(3);
    await until(() => names(log.newest())?.length === 4);
    await create('late');
    await close();
    const again = await open({ policy });
    // The cosigned one is not forgotten, and the newest is cosigned as well in the end.
    expect(again.log.checkpoint()?.size).toBeGreaterThanOrEqual(3);
    await until(() => again.log.checkpoint()?.size === 4);
    expect(servers.flatMap(({ answers }) => answers)).toContain(409);
    expect(new Set(servers.flatMap(({ answers }) => answers))).toEqual(new Set([200, 409]));
  });

  it('that do not answer hold up nothing but their own cosignatures', async () => {
    await startAll();
    for (const server of servers.slice(0, 2)) server.failing = true;
    const { log } = await open({
      policy: policyOf(
        2,
        servers.map(({ url }) => url),
      ),
    });
    await create('a');
    await until(() => names(log.newest())?.length === 2 && log.newest().size === 1);
    expect(log.checkpoint()).toBeUndefined();
    await until(() => reports.filter((report) => report.includes('500')).length >= 2);
  });

  it('may bring their cosignatures themselves', async () => {
    const { log } = await open({ policy: policyOf(2, []) });
    expect(log.checkpoint()).toBeUndefined();
    const newest = log.newest();
    const bring = (...by: typeof signers) => {
      const signatures = [...newest.note.signatures, ...by.map(({ sign }) => sign(newest.note.text))];
      return log.cosign({ ...newest, note: { ...newest.note, signatures } });
    };
    const [w1, w2] = signers as [(typeof signers)[0], (typeof signers)[0]];
    const stranger = signer('x.example', 'cosignature', 9);
    const impostor = { ...w1, sign: (text: string) => ({ ...w1.sign(text), signature: w2.sign(text).signature }) };
    expect((await bring(stranger))?.length).toBe(0);
    expect((await bring(impostor))?.length).toBe(0);
    expect(names(log.newest())).toEqual([newest.origin]);
    expect((await bring(w1))?.map(({ name }) => name)).toEqual(['w1.example']);
    expect((await bring(w1))?.length).toBe(1);
    // What is wrong does not take the place of what is right.
    expect((await bring(impostor))?.length).toBe(1);
    expect(log.checkpoint()).toBeUndefined();
    expect((await bring(w2))?.map(({ name }) => name)).toEqual(['w1.example', 'w2.example']);
    expect(names(log.checkpoint())).toEqual([newest.origin, 'w1.example', 'w2.example'].sort());
    expect(readFileSync(inLog('checkpoint.cosigned'), 'utf8')).toBe(noteText((log.checkpoint() as Checkpoint).note));

    const other = signer(newest.origin, 'ed25519', 7);
    const forged = { ...newest, note: { ...newest.note, signatures: [other.sign(newest.note.text)] } };
    expect(await log.cosign(forged)).toBeUndefined();
  });
});
