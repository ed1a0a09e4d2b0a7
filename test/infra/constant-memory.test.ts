import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { lastValueFrom, tap } from 'rxjs';
import { LEDGER_FILE } from '../../src/infra/data-dir.js';
import { readSqliteJournal } from '../../src/infra/journal/sqlite-journal.js';
import { History } from '../../src/infra/machines/history.js';
import { Replays } from '../../src/infra/replays.js';
import { exportLines } from '../../src/infra/transfer/export-ledger.js';
import { importLedger } from '../../src/infra/transfer/import-ledger.js';
import { verifyLedger } from '../../src/infra/verify/verify-ledger.js';
import { world } from '../../src/infra/world.js';
import { fill, folders } from './transfer/exports.js';

const RECORDS = 20_000;

/** Between these, what is kept of each record would show. */
const [EARLY, LATE] = [5_000, 18_000];

/** Bytes by which memory may differ that has nothing to do with records: some 160 for each, and a record has more than that. */
const NOISE = 2 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of what somebody still holds. */
function held(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Takes the memory that is held once so many records are done, early and late. */
class Scale {
  private readonly early: number[] = [];
  private readonly late: number[] = [];

  readonly step = (done: number): void => {
    if (this.early.length === 0 && done >= EARLY) this.early.push(held());
    else if (this.late.length === 0 && done >= LATE) this.late.push(held());
  };

  /** Bytes that came in between. */
  get growth(): number {
    return (this.late[0] ?? Infinity) - (this.early[0] ?? -Infinity);
  }
}

describe('a ledger of any length', () => {
  const at = folders();
  const file = join(at('long'), LEDGER_FILE);
  beforeAll(() => fill(at('long'), RECORDS), 60_000);

  const lines = (progress?: (records: number) => void) =>
    exportLines({ file, checkpoints: [], ...(progress && { progress }) });

  const works: Readonly<Record<string, (step: (done: number) => void) => unknown>> = {
    verified: (progress) => expect(verifyLedger({ file, progress })).toMatchObject({ records: RECORDS, flaws: [] }),
    replayed: async (progress) => {
      const { journal, snapshots } = readSqliteJournal({ file });
      const replays = new Replays(journal, new History(journal, snapshots), world);
      const steps = replays.progress((await replays.start()).id);
      if (steps === undefined) throw new Error('the replay was forgotten');
      const last = await lastValueFrom(steps.pipe(tap(({ checked }) => progress(checked))));
      expect(last).toMatchObject({ checked: RECORDS, divergences: [] });
      await journal.close();
    },
    exported: (progress) => {
      let count = 0;
      for (const _ of lines(progress)) count++;
      expect(count).toBe(RECORDS + 2);
    },
    imported: async (progress) => {
      const from = async function* () {
        for (const line of lines()) yield Promise.resolve(Buffer.from(line));
      };
      expect(await importLedger({ dataDir: at('copy'), from: from(), progress })).toMatchObject({ records: RECORDS });
    },
  };

  it.each(Object.entries(works))(
    'is %s with the memory that a short one takes',
    async (_what, work) => {
      const scale = new Scale();
      await work(scale.step);
      expect(scale.growth).toBeLessThan(NOISE);
    },
    60_000,
  );
});
