import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import Database from 'better-sqlite3';
import { command } from '../../src/domain/vm/command.js';
import { BEGINNING } from '../../src/infra/accesses/access-index.js';
import { DataDirInUseError } from '../../src/infra/data-dir-lock.js';
import { LEDGER_FILE } from '../../src/infra/data-dir.js';
import type { Replay } from '../../src/infra/replays.js';
import { type Service, openService } from '../../src/infra/service.js';

let dataDir: string;
let service: Service;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'service-'));
  service = await openService({ dataDir });
});
afterEach(async () => {
  await service.close();
  rmSync(dataDir, { recursive: true });
});

const submit = (vm: string, input: unknown) =>
  service.machines.submit({ vm, command: command.parse(input), actor: 'test', requestId: 'r' });

async function life(vm: string, writes = 20): Promise<void> {
  await submit(vm, { type: 'create_vm', arch: 's390x' });
  await submit(vm, { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x100000' });
  const write = (i: number) => ({
    type: 's390_mem_op',
    op: 'absolute_write',
    gaddr: 4096 * i,
    size: 8,
    data: 'AAECAwQFBgc=',
  });
  await Promise.all([...Array(writes).keys()].map((i) => submit(vm, write(i))));
  await submit(vm, { type: 'read_memory', gpa: 0, size: 8, asOf: 2 });
}

/** Waits for the end of a replay and answers every state that it was seen in. */
async function progressOf({ id }: Replay): Promise<Replay[]> {
  const progress = service.replays.progress(id);
  if (progress === undefined) throw new Error('the replay is not known');
  return lastValueFrom(progress.pipe(toArray()));
}

describe('a data directory', () => {
  it('is served by one process at a time', async () => {
    await expect(openService({ dataDir })).rejects.toBeInstanceOf(DataDirInUseError);
    await service.close();
    service = await openService({ dataDir });
    expect(await service.journal.head()).toBe(0);
  });

  it('holds nothing of the guests that others can read, whoever made it', async () => {
    await life('a');
    for await (const _ of service.accesses.search({ vm: 'a' }, BEGINNING)) break;
    const open = (name: string) => (statSync(join(dataDir, name)).mode & 0o077) !== 0;
    const files = readdirSync(dataDir).filter((name) => /^(?:ledger|accesses)/.test(name));
    expect(files).toEqual(expect.arrayContaining([LEDGER_FILE, `${LEDGER_FILE}-wal`, 'accesses.sqlite']));
    expect(files.filter(open)).toEqual([]);
  });

  it('is free again after an open that failed', async () => {
    await service.close();
    const db = new Database(join(dataDir, LEDGER_FILE));
    const newest = Number(db.pragma('user_version', { simple: true }));
    db.pragma('user_version = 99');
    db.close();
    await expect(openService({ dataDir })).rejects.toThrow(/99/);
    await expect(openService({ dataDir })).rejects.not.toBeInstanceOf(DataDirInUseError);
    const again = new Database(join(dataDir, LEDGER_FILE));
    again.pragma(`user_version = ${newest}`);
    again.close();
    service = await openService({ dataDir });
  });
});

describe('a replay', () => {
  it('of one VM checks its records, and says how far it is', async () => {
    await life('a', 400);
    await life('b');
    const replay = await service.replays.start('a');
    expect(replay).toMatchObject({ vm: 'a', state: 'running', checked: 0, total: 403, divergences: [] });
    const states = await progressOf(replay);
    expect(states.at(-1)).toMatchObject({ state: 'done', checked: 403, divergences: [] });
    const counts = states.map(({ checked }) => checked);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it('of everything checks what there was when it began, one replay after the other', async () => {
    await Promise.all(['a', 'b', 'c'].map((vm) => life(vm)));
    const [first, second] = [await service.replays.start(), await service.replays.start()];
    await life('d');
    expect((await progressOf(second)).at(-1)).toMatchObject({ state: 'done', checked: 69, total: 69, divergences: [] });
    expect(service.replays.get(first.id)).toMatchObject({ state: 'done', checked: 69 });
  });

  it('reports what was changed behind its back, in order of position', async () => {
    await life('a');
    await life('b');
    const db = new Database(join(dataDir, LEDGER_FILE));
    db.exec('DROP TRIGGER records_update; DROP TRIGGER bulk_update');
    db.exec(
      `UPDATE records SET bytes = CAST(replace(CAST(bytes AS TEXT), '"ret":0', '"ret":1') AS BLOB) WHERE position IN (3, 26)`,
    );
    db.exec("UPDATE bulk SET bytes = x'00' WHERE position = 5");
    db.close();
    const [last] = (await progressOf(await service.replays.start())).slice(-1);
    const found = last?.divergences.map(({ position, what }) => `${position} ${what}`) ?? [];
    expect(last?.state).toBe('done');
    expect(found).toEqual(expect.arrayContaining(['3 outcome', '5 data command.data', '26 outcome']));
    const positions = last?.divergences.map(({ position }) => position) ?? [];
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  it('of an unknown VM is refused', async () => {
    await expect(service.replays.start('nobody')).rejects.toThrow('nobody');
  });
});
