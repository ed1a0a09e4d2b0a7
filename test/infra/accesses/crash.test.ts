import Database from 'better-sqlite3';
import { existsSync, rmSync } from 'node:fs';
import { startProcess } from '../../support/process.js';
import { Town } from './town.js';

const WRITES = 1500;

/** Records that the index takes in at a time. */
const STEP = 256;

const KILL = new URL('../../support/kill-in-step.mjs', import.meta.url).href;

/** How far the index is, by its file. */
function indexed(file: string): number {
  if (!existsSync(file)) return 0;
  const db = new Database(file);
  try {
    return Number(db.prepare('SELECT position FROM progress').pluck().get());
  } catch {
    return 0; // Killed before it had its tables.
  } finally {
    db.close();
  }
}

describe('kill -9 while the index is made', () => {
  it('costs none of it, and adds nothing', async () => {
    const town = await Town.open();
    try {
      await town.create('a', 'b');
      await town.map('a', 'b', 0x1000, 0x2000);
      const data = Uint8Array.of(1, 2, 3);
      await Promise.all(
        Array.from({ length: WRITES }, (_, i) =>
          town.write(i % 2 === 0 ? 'a' : 'b', (i % 2 === 0 ? 0x1000 : 0x2000) + (i % 512), data),
        ),
      );
      const everything = async () => ({
        accesses: await town.search({}),
        a: await town.search({ vm: 'a', gpa: 0x1000n, size: 4096n }),
        b: await town.search({ vm: 'b' }),
        blame: await town.blame('a', 0x1000, 4096),
      });
      const whole = await everything();
      expect(whole.accesses.length).toBeGreaterThan(WRITES);
      const head = await town.service.journal.head();
      await town.service.close();
      rmSync(town.indexFile);

      const seen: number[] = [];
      // Each comes one step further, the first one as far as the tables, and is killed within the next; the last comes to the end.
      for (let isWhole = false; !isWhole;) {
        const child = await startProcess(town.dataDir, { args: ['--import', KILL] });
        isWhole = await fetch(`${child.url}/v1/audit/accesses?limit=1`).then(
          ({ status }) => status === 200,
          () => false,
        );
        expect(await child.end('SIGKILL')).toBeNull();
        seen.push(indexed(town.indexFile));
      }
      expect(seen).toEqual([...Array.from({ length: seen.length - 1 }, (_, i) => STEP * i), head]);
      expect(seen.length).toBe(Math.ceil(head / STEP) + 1);
      await town.begin();
      expect(await everything()).toEqual(whole);
    } finally {
      await town.close();
    }
  }, 180_000);
});
