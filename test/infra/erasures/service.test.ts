import Database from 'better-sqlite3';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EMPTY, lastValueFrom } from 'rxjs';
import { stateDigest } from '../../../src/domain/audit/state-digest.js';
import { fragments } from '../../../src/domain/memory/address.js';
import { command } from '../../../src/domain/vm/command.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { digester } from '../../../src/infra/digester.js';
import { type Service, openService } from '../../../src/infra/service.js';
import { verifyLedger } from '../../../src/infra/verify/verify-ledger.js';

const MARKER = 'what nobody may find again';

describe('an erasure in a service', () => {
  let dataDir: string;
  let service: Service;
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'erasures-'));
    service = await openService({ dataDir });
  });
  afterEach(async () => {
    await service.close();
    expect(verifyLedger({ file: join(dataDir, LEDGER_FILE) }).flaws).toEqual([]);
    rmSync(dataDir, { recursive: true });
  });

  const submit = (input: unknown, vm = 'vm') =>
    service.machines.submit({ vm, command: command.parse(input), actor: 'test', requestId: 'r' });

  const write = (page: number, text: string) =>
    submit({
      type: 'write_memory',
      extents: [{ gpa: 4096 * page, size: text.length }],
      data: Buffer.from(text).toString('base64'),
    });

  const erase = (vm = 'vm') => service.erasures.erase({ vm, reason: 'test', actor: 'eraser', requestId: 'r' });

  async function create(): Promise<void> {
    await submit({ type: 'create_vm', arch: 's390x' });
    await submit({ type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x1000000' });
  }

  const restart = async (): Promise<void> => {
    await service.close();
    service = await openService({ dataDir });
  };

  const isInFiles = (): boolean =>
    ['', '-wal'].some((suffix) => {
      const file = join(dataDir, `${LEDGER_FILE}${suffix}`);
      return existsSync(file) && readFileSync(file).includes(MARKER);
    });

  const digestNow = async (): Promise<string> => {
    const { vm } = await service.history.load('vm');
    return vm ? Buffer.from(stateDigest(vm, digester)).toString('hex') : 'none';
  };

  async function replay(): Promise<unknown> {
    const { id } = await service.replays.start();
    return lastValueFrom(service.replays.progress(id) ?? EMPTY);
  }

  it('lets commands that come meanwhile wait, and loses none of them', async () => {
    await create();
    const writes = Array.from({ length: 200 }, (_, i) => write(i % 50, `before ${i}`));
    const first = erase();
    const more = Array.from({ length: 200 }, (_, i) => write(i % 70, `after ${i}`));
    const second = erase();
    const last = write(80, 'last');
    const answers = await Promise.all([...writes, ...more, last]);
    expect(new Set(answers.map(({ position }) => position)).size).toBe(401);
    await Promise.all([first, second]);
    const { vm } = await service.history.load('vm');
    const text = (page: number) => Buffer.from(vm?.memory.read(fragments(BigInt(4096 * page), 9)) ?? []).toString();
    expect([text(0), text(69), text(80).slice(0, 4)]).toEqual(['after 140', 'after 139', 'last']);
    expect(await replay()).toMatchObject({ state: 'done', divergences: [] });
  }, 60_000);

  it('is swept after a restart too, once nobody reads the files as they were any more', async () => {
    await create();
    await write(0, MARKER);
    await write(0, 'x'.repeat(4096));
    const reader = new Database(join(dataDir, LEDGER_FILE), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM records').get();
    await erase();
    await restart();
    expect([service.erasures.areSwept, isInFiles()]).toEqual([false, true]);
    reader.close();
    while (!service.erasures.areSwept) await sleep(50);
    expect(isInFiles()).toBe(false);
  }, 60_000);

  it('leaves a VM as it is, also for who rebuilds it', async () => {
    await create();
    for (let i = 0; i < 600; i++) void write(i % 300, `page ${i}`);
    await write(1, 'the last one');
    const before = await digestNow();
    const { kept } = await erase();
    expect(kept).toBe(300);
    expect(await digestNow()).toBe(before);
    await restart();
    expect(await digestNow()).toBe(before);
    expect(await replay()).toMatchObject({ state: 'done', divergences: [] });
  }, 60_000);

  it('keeps a large memory in several records', async () => {
    await create();
    const data = Buffer.alloc(4096 * 3000, 7).toString('base64');
    await submit({ type: 'write_memory', extents: [{ gpa: 0, size: 4096 * 3000 }], data });
    const { kept } = await erase();
    expect(kept).toBe(3000);
    const records = await service.journal.read({ after: 0, limit: 10, type: 'keep_memory' });
    expect(records).toHaveLength(2);
    expect(await replay()).toMatchObject({ divergences: [] });
  }, 60_000);

  it('of a VM that was destroyed leaves nothing of it in the files, snapshots and states in memory', async () => {
    await create();
    for (let i = 0; i < 520; i++) void write(i % 30, `the marker ${i}`);
    await write(31, 'the marker at the end');
    await submit({ type: 'destroy_vm' });
    await erase();
    const file = (name: string) => readFileSync(join(dataDir, name)).includes('the marker');
    expect([file(LEDGER_FILE), file(`${LEDGER_FILE}-wal`)]).toEqual([false, false]);
    await expect(submit({ type: 'read_memory', gpa: 0, size: 1, asOf: 523 })).rejects.toThrow('erased');
    await restart();
    await expect(submit({ type: 'read_memory', gpa: 0, size: 1, asOf: 523 })).rejects.toThrow('erased');
    expect(file(LEDGER_FILE)).toBe(false);
  }, 60_000);

  it('is no excuse for data that another hand deleted', async () => {
    await create();
    const { position } = await write(1, 'kept');
    await service.erasures.erase({ vm: 'vm', to: position - 1, reason: 'test', actor: 'eraser', requestId: 'r' });
    const file = join(dataDir, LEDGER_FILE);
    const db = new Database(file);
    const triggers = db.prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND (name LIKE 'bulk%' OR name LIKE 'erased%')",
    );
    const before = triggers.all();
    for (const { name } of before) db.exec(`DROP TRIGGER ${name}`);
    const piece = db.prepare('SELECT * FROM bulk WHERE position = ?').get(position);
    db.prepare('DELETE FROM bulk WHERE position = ?').run(position);
    db.prepare(`INSERT INTO erased VALUES (?, ?, 'vm', '{"frames":null}')`).run(position, position + 1);
    const { divergences } = (await replay()) as { readonly divergences: unknown[] };
    expect(divergences).toContainEqual(expect.objectContaining({ position, what: 'data command.data', got: null }));
    expect(divergences).toContainEqual(expect.objectContaining({ position, what: 'fold' }));
    db.prepare('DELETE FROM erased WHERE position = ?').run(position);
    db.prepare('INSERT INTO bulk VALUES (@position, @role, @salt, @bytes)').run(piece);
    for (const { sql } of before) db.exec(sql);
    db.close();
  });

  it('of a VM that there is not is none', async () => {
    await expect(erase('other')).rejects.toThrow('there is no VM other');
    expect(await service.journal.head()).toBe(0);
  });
});
