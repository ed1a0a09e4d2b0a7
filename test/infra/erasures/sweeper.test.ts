import { setImmediate } from 'node:timers/promises';
import { Sweeper } from '../../../src/infra/erasures/sweeper.js';
import { JournalError } from '../../../src/infra/journal/journal.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';

/** A journal of which each sweep ends when the test has it end. */
class Held extends MemoryJournal {
  readonly sweeps: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  override sweep(): Promise<void> {
    return new Promise((resolve, reject) => this.sweeps.push({ resolve, reject }));
  }

  /** The sweep of this number, once it has begun. */
  async begun(number: number) {
    for (;;) {
      const sweep = this.sweeps[number];
      if (sweep) return sweep;
      await setImmediate();
    }
  }
}

describe('a sweeper', () => {
  it('is done once the files were swept', async () => {
    const journal = new Held();
    const sweeper = new Sweeper(journal);
    expect(sweeper.isDone).toBe(true);
    const swept = sweeper.sweep();
    expect(sweeper.isDone).toBe(false);
    (await journal.begun(0)).resolve();
    await swept;
    expect([sweeper.isDone, journal.sweeps.length]).toEqual([true, 1]);
  });

  it('sweeps again for what was erased after a sweep had begun', async () => {
    const journal = new Held();
    const sweeper = new Sweeper(journal);
    const swept = [sweeper.sweep(), journal.begun(0).then(() => sweeper.sweep())];
    const first = await journal.begun(0);
    await setImmediate();
    first.resolve();
    const second = await journal.begun(1);
    expect(sweeper.isDone).toBe(false);
    second.resolve();
    await Promise.all(swept);
    expect([sweeper.isDone, journal.sweeps.length]).toEqual([true, 2]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('sweeps for whoever asks %i steps after a sweep has begun', async (steps) => {
    const journal = new MemoryJournal();
    const sweeps = jest.spyOn(journal, 'sweep').mockResolvedValue();
    const sweeper = new Sweeper(journal);
    const first = sweeper.sweep();
    for (let step = 0; step < steps; step++) await Promise.resolve();
    await Promise.all([first, sweeper.sweep()]);
    expect([sweeper.isDone, sweeps.mock.calls.length]).toEqual([true, 2]);
  });

  it('tries again while somebody reads what was there', async () => {
    const journal = new Held();
    const sweeper = new Sweeper(journal);
    const swept = sweeper.sweep();
    for (let number = 0; number < 3; number++) (await journal.begun(number)).reject(new JournalError('busy'));
    expect(sweeper.isDone).toBe(false);
    (await journal.begun(3)).resolve();
    await swept;
    expect(sweeper.isDone).toBe(true);
  });

  it('is closed for good, whatever a sweep that is under way comes to', async () => {
    const journal = new Held();
    const sweeper = new Sweeper(journal);
    void sweeper.sweep();
    void sweeper.sweep();
    sweeper.close();
    (await journal.begun(0)).resolve();
    await setImmediate();
    expect([sweeper.isDone, journal.sweeps.length]).toEqual([true, 1]);
  });

  it('ends with the journal', async () => {
    const journal = new Held();
    const sweeper = new Sweeper(journal);
    void sweeper.sweep();
    sweeper.close();
    (await journal.begun(0)).reject(new JournalError('closed'));
    await setImmediate();
    expect([sweeper.isDone, journal.sweeps.length]).toEqual([true, 1]);
  });
});
