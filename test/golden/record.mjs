/**
 * Records a golden ledger: a fixed story, `story-NAME.mjs`, with a clock, salts and ids that can be told in advance.
 *
 *     node test/golden/record.mjs 0001-spine
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { command } from '../../dist/domain/vm/command.js';
import { LEDGER_FILE } from '../../dist/infra/data-dir.js';
import { openService } from '../../dist/infra/service.js';

const name = process.argv[2];
const target = join(import.meta.dirname, `${name}.sqlite`);
if (name === undefined || existsSync(target)) throw new Error('name a golden ledger that does not exist yet');
const { story } = await import(`./story-${name}.mjs`);

let ticks = 0;
let salts = 0;
const world = {
  now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * ticks++),
  random: (size) => createHash('sha256').update(`salt ${salts++}`).digest().subarray(0, size),
  newId: () => 'unused',
};
const dataDir = mkdtempSync(join(tmpdir(), 'golden-'));
const service = await openService({ dataDir, world });
for (const { vm, ...input } of story) {
  await service.machines.submit({ vm, command: command.parse(input), actor: 'golden', requestId: `r${ticks}` });
}
const records = await service.journal.read({ after: 0, limit: 10_000 });
const states = {};
for (const record of records) states[record.vm] = JSON.parse(Buffer.from(record.bytes)).digests.state;
await service.close();

const db = new Database(join(dataDir, LEDGER_FILE));
db.pragma('wal_checkpoint(TRUNCATE)');
db.pragma('journal_mode = DELETE');
db.close();
copyFileSync(join(dataDir, LEDGER_FILE), target);
const lastLeaf = Buffer.from(records.at(-1).leafHash).toString('hex');
writeFileSync(join(import.meta.dirname, `${name}.json`), `${JSON.stringify({ records: records.length, lastLeaf, states }, null, 2)}\n`);
rmSync(dataDir, { recursive: true });
