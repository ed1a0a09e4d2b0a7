import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Journal, StoredRecord } from '../../../src/infra/journal/journal.js';
import { draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

const PROCESS = fileURLToPath(new URL('./appending-process.mjs', import.meta.url));

/** Has a process append to the file and kills it after so many answers; gives every answer that it printed. */
async function answersOfKilled(file: string, after: number): Promise<string[]> {
  const child = spawn(process.execPath, [PROCESS, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const closed = once(child, 'close');
  const answers: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    answers.push(line);
    if (answers.length === after) child.kill('SIGKILL');
  }
  expect((await closed)[1]).toBe('SIGKILL');
  return answers;
}

async function everything(journal: Journal): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (;;) {
    const page = await journal.read({ after: records.length, limit: 10_000 });
    records.push(...page);
    if (page.length === 0) return records;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('kill -9 under concurrent appends', () => {
  it('loses nothing that was answered, and leaves no gap, time after time', async () => {
    const file = newFile();
    const answers: string[] = [];
    for (const after of [1, 64, 700, 1500, 2500, 4000]) {
      const printed = await answersOfKilled(file, after);
      // The last line may have been cut off by the kill.
      answers.push(...printed.filter((line) => /^\d+ vm-\d+ \d+ [0-9a-f]{64}$/.test(line)));

      const { journal } = await openLedger({ file });
      const records = await everything(journal);
      expect(records.map(({ position }) => position)).toEqual(records.map((_, i) => i + 1));

      const stored = new Set(records.map((r) => `${r.position} ${r.vm} ${r.version} ${hex(r.leafHash)}`));
      expect(answers.filter((answer) => !stored.has(answer))).toEqual([]);
      expect(answers.length).toBeGreaterThanOrEqual(after);

      const versions = new Map<string, number>();
      for (const { vm, version, bytes, leafHash, position } of records) {
        expect(version).toBe((versions.get(vm) ?? 0) + 1);
        versions.set(vm, version);
        expect(hex(leafHash)).toBe(createHash('sha256').update(Uint8Array.of(0)).update(bytes).digest('hex'));
        if (vm !== 'vm-after' && version % 4 === 1)
          expect(await journal.data(position)).toMatchObject([{ role: 'data' }]);
      }

      const next = (versions.get('vm-after') ?? 0) + 1;
      expect(await journal.append(draft('vm-after', next))).toMatchObject({ position: records.length + 1 });
      await journal.close();
    }
  }, 60_000);
});
