import { type AnswerDraft, type AnswerStore, KEPT_FOR } from '../../../src/infra/journal/answer-store.js';
import type { Journal } from '../../../src/infra/journal/journal.js';
import { draft } from './drafts.js';

/** An answer that says at which position it is recorded. */
export const answer = (key: string, more: Partial<AnswerDraft> = {}): AnswerDraft => ({
  request: { actor: 'alice', key, fingerprint: new Uint8Array(32).fill(key.length) },
  status: 200,
  headers: { etag: '"1"', 'content-type': 'application/json' },
  body: Buffer.from('{"ret":0,"position":}'),
  hole: 20,
  ...more,
});

const NOW = 1_000_000;

/** What every store of answers does. `open` answers an empty one, and the journal whose drafts bring answers along. */
export function answerStoreContract(
  name: string,
  open: () => Promise<{ readonly journal: Journal; readonly answers: AnswerStore }>,
): void {
  describe(`${name} as a store of answers`, () => {
    let journal: Journal;
    let answers: AnswerStore;

    beforeEach(async () => {
      ({ journal, answers } = await open());
    });

    const textOf = async (key: string, actor = 'alice', now = NOW): Promise<string | undefined> => {
      const found = await answers.find(actor, key, now);
      return found && Buffer.from(found.body).toString();
    };

    const append = (vm: string, version: number, key: string, time = NOW) =>
      journal.append({ ...draft(vm, version, { index: { time } }), answer: answer(key) });

    it('keeps the answer of a record, its position filled in', async () => {
      await journal.append(draft('vm-a', 1));
      await append('vm-a', 2, 'k');
      const found = await answers.find('alice', 'k', NOW);
      expect(found).toMatchObject({ status: 200, headers: answer('k').headers, position: 2 });
      expect([...(found?.request.fingerprint ?? [])]).toEqual(new Array(32).fill(1));
      expect(await textOf('k')).toBe('{"ret":0,"position":2}');
    });

    it('loses the bytes of answers whose records an erasure took from, and keeps their keys', async () => {
      await append('vm-a', 1, 'taken');
      await append('vm-a', 2, 'spared');
      const erase = { heads: [], pieces: [], answers: [1], remains: [{ position: 1, vm: 'vm-a', text: '{}' }] };
      await journal.append({ ...draft('vm-a', 3), erase });
      const taken = await answers.find('alice', 'taken', NOW);
      expect(taken).toMatchObject({ status: 410, headers: {}, position: 1, erasure: 3 });
      expect(await textOf('taken')).toBe('');
      expect([...(taken?.request.fingerprint ?? [])]).toEqual(new Array(32).fill(5));
      expect(await textOf('spared')).toBe('{"ret":0,"position":2}');
      await expect(append('vm-a', 4, 'taken')).rejects.toMatchObject({ fault: 'conflict' });
    });

    it('keeps an answer that says no position, and one of any bytes, as they are', async () => {
      const body = Uint8Array.from({ length: 256 }, (_, i) => i);
      const { hole: _, ...plain } = answer('k', { body });
      await journal.append({ ...draft('vm-a', 1, { index: { time: NOW } }), answer: plain });
      expect([...((await answers.find('alice', 'k', NOW))?.body ?? [])]).toEqual([...body]);
    });

    it('is what it was when append was called', async () => {
      const body = Buffer.from('{"ret":0,"position":}');
      const appended = journal.append({
        ...draft('vm-a', 1, { index: { time: NOW } }),
        answer: answer('k', { body: Uint8Array.from(body) }),
      });
      body.fill(0);
      await appended;
      expect(await textOf('k')).toBe('{"ret":0,"position":1}');
    });

    it('knows nothing of another key, or of another actor', async () => {
      await append('vm-a', 1, 'k');
      expect([await textOf('other'), await textOf('k', 'bob'), await textOf('K')]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    });

    it('keeps nothing of a record that was refused', async () => {
      await expect(append('vm-a', 9, 'k')).rejects.toMatchObject({ fault: 'conflict' });
      expect(await textOf('k')).toBeUndefined();
    });

    it('keeps the answer of one of several records that go in together, or none', async () => {
      const first = { ...draft('vm-a', 1, { index: { time: NOW } }), answer: answer('k') };
      await expect(journal.appendTogether([first, draft('vm-b', 9)])).rejects.toMatchObject({ fault: 'conflict' });
      expect(await textOf('k')).toBeUndefined();
      await journal.appendTogether([first, draft('vm-b', 1)]);
      expect(await textOf('k')).toBe('{"ret":0,"position":1}');
    });

    it('refuses a record whose key stands for an answer, and lets it in once that is too old', async () => {
      await append('vm-a', 1, 'k');
      await expect(append('vm-a', 2, 'k', NOW + KEPT_FOR - 1)).rejects.toMatchObject({ fault: 'conflict' });
      expect([await journal.head(), await textOf('k')]).toEqual([1, '{"ret":0,"position":1}']);
      await append('vm-a', 2, 'k', NOW + KEPT_FOR);
      expect(await textOf('k', 'alice', NOW + KEPT_FOR)).toBe('{"ret":0,"position":2}');
    });

    it('refuses the second of two records of one moment under one key, and only that', async () => {
      const outcomes = await Promise.allSettled([
        append('vm-a', 1, 'k'),
        append('vm-b', 1, 'k'),
        append('vm-c', 1, 'l'),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await journal.head()).toBe(2);
    });

    it('keeps an answer without a record, in the place of one that is there', async () => {
      await append('vm-a', 1, 'k');
      await answers.keep({ ...answer('k'), body: Buffer.from('other') }, NOW);
      expect(await textOf('k')).toBe('other');
    });

    it('finds an answer for a day, then no more', async () => {
      expect(KEPT_FOR).toBe(86_400_000);
      await append('vm-a', 1, 'k');
      const later = [NOW + KEPT_FOR - 1, NOW + KEPT_FOR].map((now) => textOf('k', 'alice', now));
      expect(await Promise.all(later)).toEqual(['{"ret":0,"position":1}', undefined]);
    });

    it('lets go of what is too old, and keeps the rest', async () => {
      for (let i = 1; i <= 40; i++) await append('vm-a', i, `k${i}`, NOW + i);
      await answers.prune(NOW + KEPT_FOR + 37);
      // As of long before: whatever is there is found.
      const left = await Promise.all([1, 37, 38, 40].map((i) => textOf(`k${i}`, 'alice', 0)));
      expect(left.map((text) => text !== undefined)).toEqual([false, false, true, true]);
    });
  });
}
