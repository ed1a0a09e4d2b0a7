import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { command } from '../../../src/domain/vm/command.js';
import { refused } from '../../../src/domain/vm/decision.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { openSqliteJournal } from '../../../src/infra/journal/sqlite-journal.js';
import { draftOf } from '../../../src/infra/machines/draft.js';
import { exportLines } from '../../../src/infra/transfer/export-ledger.js';
import { type ImportOptions, type ImportReport, importLedger } from '../../../src/infra/transfer/import-ledger.js';
import { trustedCheckpoints } from '../../../src/infra/verify/trusted-checkpoints.js';
import { world } from '../../../src/infra/world.js';

/** A folder with data directories in it, removed after the tests. */
export function folders(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'transfer-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return (name) => join(folder, name);
}

/** A data directory with a copy of a ledger's file and nothing else. */
export function dataDirOf(file: string, dataDir: string): string {
  mkdirSync(dataDir, { recursive: true });
  copyFileSync(file, join(dataDir, LEDGER_FILE));
  return dataDir;
}

/** The lines of a data directory's export. */
export async function exported(dataDir: string): Promise<string[]> {
  const { checkpoints, flaws } = await trustedCheckpoints(dataDir, []);
  expect(flaws).toEqual([]);
  return [...exportLines({ file: join(dataDir, LEDGER_FILE), checkpoints })];
}

/** Imports a text, in pieces that end anywhere. */
export async function imported(
  dataDir: string,
  text: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<ImportReport> {
  const bytes = Buffer.from(text);
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 1000) yield Promise.resolve(bytes.subarray(at, at + 1000));
  };
  return importLedger({ dataDir, from: pieces(), ...options });
}

/** What a ledger holds, table by table, but for what is not the journal's. */
export function contentOf(dataDir: string): Record<string, unknown[]> {
  const tables = ['streams', 'records', 'bulk', 'stream_index', 'touched_elsewhere', 'tree', 'erased', 'erasures'];
  const db = new Database(join(dataDir, LEDGER_FILE), { readonly: true });
  try {
    return Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]));
  } finally {
    db.close();
  }
}

/** Appends refused commands of some VMs, every tenth with data beside it: records that cost little to make. */
export async function fill(dataDir: string, records: number, vms = 20): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const { journal } = await openSqliteJournal({ file: join(dataDir, LEDGER_FILE) });
  const time = new Date(0).toISOString();
  for (let at = 0; at < records; at += 1000)
    await Promise.all(
      Array.from({ length: Math.min(1000, records - at) }, (_, i) => {
        const nth = at + i;
        const data = Buffer.alloc(16, nth).toString('base64');
        const extents = [{ gpa: 4096 * nth, size: 16 }];
        const asked = nth % 10 === 0 ? { type: 'write_memory', extents, data } : { type: 'destroy_vm' };
        const submission = { vm: `vm-${nth % vms}`, command: command.parse(asked), actor: 'a', requestId: String(nth) };
        const version = Math.floor(nth / vms) + 1;
        const outcome = { vm: undefined, version, time, decision: refused('ENOENT'), counterparts: [], elsewhere: [] };
        return journal.append(draftOf(submission, outcome, world));
      }),
    );
  await journal.close();
}
