import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { config, firstValueFrom, map, toArray } from 'rxjs';
import {
  type Draft,
  type Journal,
  JournalError,
  type Query,
  type StoredRecord,
} from '../../../src/infra/journal/journal.js';
import { bulk, draft, textAt } from './drafts.js';

const VMS = ['vm-a', 'vm-b', 'vm-c'] as const;

const positions = (records: readonly StoredRecord[]): number[] => records.map(({ position }) => position);

const text = ({ bytes }: StoredRecord): string => new TextDecoder().decode(bytes);

const plain = <Bytes extends { readonly salt: Uint8Array; readonly bytes: Uint8Array }>(data: readonly Bytes[]) =>
  data.map((each) => ({ ...each, salt: [...each.salt], bytes: [...each.bytes] }));

/** What a journal answers to a query look by look, at most so many records each. */
export async function lookThrough(journal: Journal, query: Query): Promise<number[]> {
  const found: number[] = [];
  for (let after = query.after; ;) {
    const { records, upTo } = await journal.look({ ...query, after });
    found.push(...positions(records));
    expect(records.length).toBeLessThanOrEqual(query.limit);
    expect(positions(records).filter((position) => position <= after || position > upTo)).toEqual([]);
    if (upTo === after) return found;
    expect(upTo).toBeGreaterThan(after);
    after = upTo;
  }
}

/** What every journal does. `open` answers an empty one; the contract closes it. */
export function journalContract(name: string, open: () => Promise<Journal>): void {
  describe(`${name} as a journal`, () => {
    let journal: Journal;

    beforeEach(async () => {
      journal = await open();
    });

    afterEach(() => journal.close());

    /** Appends so many records to each of the VMs, one VM after the other. */
    const fill = async (each: number, vms: readonly string[] = VMS): Promise<StoredRecord[]> =>
      Promise.all(vms.flatMap((vm) => Array.from({ length: each }, (_, i) => journal.append(draft(vm, i + 1)))));

    describe('an erasure', () => {
      const remains = (position: number, vm = 'vm-a') => ({ position, vm, text: `{"of":${position}}` });
      const heads = (version: number) => [{ vm: 'vm-a', version }];
      const erasing = (version: number, erase: Draft['erase']): Draft => ({
        ...draft('vm-a', version),
        ...(erase && { erase }),
      });

      beforeEach(async () => {
        await journal.append(draft('vm-a', 1, { data: [bulk('command.data', 1), bulk('outcome.data', 2)] }));
        await journal.append(draft('vm-b', 1, { data: [bulk('command.data', 3)] }));
      });

      it('removes the pieces that it names, and leaves what it says in their place', async () => {
        const pieces = [{ position: 1, role: 'command.data' }];
        const erase = { heads: heads(1), pieces, answers: [], remains: [remains(1), remains(2), remains(2, 'vm-b')] };
        expect(await journal.append(erasing(2, erase))).toMatchObject({ position: 3 });
        expect((await journal.data(1)).map(({ role }) => role)).toEqual(['outcome.data']);
        expect(await journal.data(2)).toHaveLength(1);
        expect(await journal.remains(1)).toEqual([{ ...remains(1), erasure: 3 }]);
        expect(await journal.remains(2)).toEqual(
          [2, 2].map((at, i) => ({ ...remains(at, i ? 'vm-b' : 'vm-a'), erasure: 3 })),
        );
        expect(await journal.remains(3)).toEqual([]);
        await journal.sweep();
      });

      it('adds to what others left', async () => {
        const pieces = ['command.data', 'outcome.data'].map((role) => ({ position: 1, role }));
        await journal.append(
          erasing(2, { heads: heads(1), pieces: pieces.slice(0, 1), answers: [], remains: [remains(1)] }),
        );
        await journal.append(
          erasing(3, { heads: heads(2), pieces: pieces.slice(1), answers: [], remains: [remains(1)] }),
        );
        expect(await journal.data(1)).toEqual([]);
        expect((await journal.remains(1)).map(({ erasure }) => erasure)).toEqual([3, 4]);
      });

      it('is refused as a conflict if one of the VMs has moved on, and takes nothing', async () => {
        await journal.append(draft('vm-b', 2));
        const pieces = [{ position: 1, role: 'command.data' }];
        const erase = { heads: [...heads(1), { vm: 'vm-b', version: 1 }], pieces, answers: [], remains: [remains(1)] };
        await expect(journal.append(erasing(2, erase))).rejects.toMatchObject({ fault: 'conflict' });
        expect(await journal.data(1)).toHaveLength(2);
        expect(await journal.remains(1)).toEqual([]);
      });
    });

    describe('append', () => {
      it('counts positions from 1 over all streams, without gaps', async () => {
        expect(positions(await fill(3))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(await journal.head()).toBe(9);
      });

      it('stores head, position and tail as UTF-8', async () => {
        const record = await journal.append(draft('vm-a', 1, { text: 'Grüße, 世界' }));
        expect(text(record)).toBe(textAt(1, 'vm-a', 1, 'Grüße, 世界'));
        expect((await journal.read({ after: 0, limit: 1 })).map(text)).toEqual([text(record)]);
      });

      it('hashes 0x00 and the bytes to the leaf (RFC 6962 section 2.1)', async () => {
        const appended = await fill(2);
        const read = await journal.read({ after: 0, limit: 10 });
        for (const { bytes, leafHash } of [...appended, ...read]) {
          const expected = createHash('sha256').update(Uint8Array.of(0)).update(bytes).digest('hex');
          expect(Buffer.from(leafHash).toString('hex')).toBe(expected);
        }
      });

      it('answers what it stored', async () => {
        const appended = await fill(2);
        const read = await journal.read({ after: 0, limit: 10 });
        expect(read.map((record) => ({ ...record, bytes: text(record), leafHash: [...record.leafHash] }))).toEqual(
          appended.map((record) => ({ ...record, bytes: text(record), leafHash: [...record.leafHash] })),
        );
      });

      it.each([
        ['a version that is taken', 2],
        ['a version too far', 4],
      ])('refuses %s as a conflict, and nothing of it is there', async (_, version) => {
        await fill(2, ['vm-a']);
        await expect(journal.append(draft('vm-a', version))).rejects.toMatchObject({ fault: 'conflict' });
        expect(await journal.head()).toBe(2);
        expect(await journal.append(draft('vm-a', 3))).toMatchObject({ position: 3, version: 3 });
      });

      it('refuses a first version other than 1', async () => {
        await expect(journal.append(draft('vm-a', 2))).rejects.toMatchObject({ fault: 'conflict' });
        expect(await journal.streams('', 10)).toEqual([]);
      });

      it('lets the other appends of the same moment through', async () => {
        const outcomes = await Promise.allSettled([
          journal.append(draft('vm-a', 1)),
          journal.append(draft('vm-a', 1)),
          journal.append(draft('vm-b', 7)),
          journal.append(draft('vm-a', 2)),
          journal.append(draft('vm-b', 1)),
        ]);
        expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, false, true, true]);
        expect((await journal.read({ after: 0, limit: 10 })).map(text)).toEqual([
          textAt(1, 'vm-a', 1),
          textAt(2, 'vm-a', 2),
          textAt(3, 'vm-b', 1),
        ]);
      });

      it('takes a record of 65,535 bytes and refuses one of 65,536', async () => {
        const room = 65_535 - textAt(1, 'vm-a', 1).length;
        await expect(journal.append(draft('vm-a', 1, { text: 'x'.repeat(room + 1) }))).rejects.toMatchObject({
          fault: 'broken',
        });
        expect(await journal.head()).toBe(0);
        const record = await journal.append(draft('vm-a', 1, { text: 'x'.repeat(room) }));
        expect(record.bytes.length).toBe(65_535);
      });

      it('counts the bytes of a record, not its characters', async () => {
        const tooLong = journal.append(draft('vm-a', 1, { text: 'ü'.repeat(32_768) }));
        await expect(tooLong).rejects.toMatchObject({ fault: 'broken' });
      });

      it.each([
        ['a version that is no number', draft('vm-a', Number.NaN)],
        ['a time that is not whole', draft('vm-a', 1, { index: { time: 0.5 } })],
        ['a return value that is not whole', draft('vm-a', 1, { index: { ret: Number.NaN } })],
        ['a frame that is not whole', draft('vm-a', 1, { index: { frames: { first: 0.5, last: 1 } } })],
        ['two bulk data of one role', draft('vm-a', 1, { data: [bulk('r', 1), bulk('r', 2)] })],
      ])('refuses %s', async (_, flawed) => {
        await expect(journal.append(flawed)).rejects.toMatchObject({ fault: 'broken' });
        expect(await journal.head()).toBe(0);
      });

      it('fails with a JournalError', async () => {
        await expect(journal.append(draft('vm-a', 9))).rejects.toBeInstanceOf(JournalError);
      });
    });

    describe('appendTogether', () => {
      /** A draft that names the position of another record, `step` behind its own. */
      const naming = (vm: string, version: number, step: number) => {
        const plainDraft = draft(vm, version);
        return { ...plainDraft, head: `{"other":,${plainDraft.head.slice(1)}`, holes: [{ at: 9, step }] };
      };

      it('puts records of several streams one behind the other, each naming the other', async () => {
        await fill(1, ['vm-a']);
        const records = await journal.appendTogether([naming('vm-a', 2, 1), naming('vm-b', 1, -1)]);
        expect(records.map(({ position, vm, version }) => [position, vm, version])).toEqual([
          [2, 'vm-a', 2],
          [3, 'vm-b', 1],
        ]);
        const read = await journal.read({ after: 1, limit: 10 });
        expect(read.map(text)).toEqual([
          '{"other":3,"actor":"","position":2,"version":2,"vm":"vm-a"}',
          '{"other":2,"actor":"","position":3,"version":1,"vm":"vm-b"}',
        ]);
        expect(read.map(text)).toEqual(records.map(text));
        expect(read.map(({ leafHash }) => [...leafHash])).toEqual(records.map(({ leafHash }) => [...leafHash]));
      });

      it.each([
        ['its first', draft('vm-a', 7), draft('vm-b', 1)],
        ['its last', draft('vm-b', 1), draft('vm-a', 7)],
      ])('appends none when %s conflicts, and the others of the moment all the same', async (_, one, other) => {
        await fill(1, ['vm-a']);
        const outcomes = await Promise.allSettled([
          journal.append(draft('vm-c', 1)),
          journal.appendTogether([one, other]),
          journal.append(draft('vm-c', 2)),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(outcomes[1]).toMatchObject({ reason: { fault: 'conflict' } });
        expect((await journal.read({ after: 1, limit: 10 })).map(text)).toEqual([
          textAt(2, 'vm-c', 1),
          textAt(3, 'vm-c', 2),
        ]);
        expect(await journal.streamHead('vm-b')).toMatchObject({ version: 0 });
        expect(await journal.append(draft('vm-b', 1))).toMatchObject({ position: 4 });
      });

      it('appends none when one is too long', async () => {
        const long = draft('vm-b', 1, { text: 'x'.repeat(65_536) });
        await expect(journal.appendTogether([draft('vm-a', 1), long])).rejects.toMatchObject({ fault: 'broken' });
        expect([await journal.head(), await journal.streams('', 10)]).toEqual([0, []]);
      });

      it('refuses two records of one stream', async () => {
        const twice = journal.appendTogether([draft('vm-a', 1), draft('vm-a', 2)]);
        await expect(twice).rejects.toMatchObject({ fault: 'broken' });
      });

      it('keeps the bulk data of each', async () => {
        const data = [bulk('r', 1)];
        await journal.appendTogether([draft('vm-a', 1, { data }), draft('vm-b', 1, { data: [bulk('r', 2)] })]);
        expect([plain(await journal.data(1)), plain(await journal.data(2))]).toMatchObject([
          [{ bytes: [1] }],
          [{ bytes: [2] }],
        ]);
      });

      it('keeps its order with other appends', async () => {
        const outcomes = await Promise.all([
          journal.append(draft('vm-a', 1)),
          journal.appendTogether([draft('vm-a', 2), draft('vm-b', 1)]),
          journal.append(draft('vm-b', 2)),
        ]);
        expect(positions(outcomes.flat())).toEqual([1, 2, 3, 4]);
      });
    });

    describe('bulk data', () => {
      it('is read back in order of role', async () => {
        await journal.append(draft('vm-a', 1, { data: [bulk('reply.data', 3), bulk('command.data', 1, 2)] }));
        expect(plain(await journal.data(1))).toEqual(plain([bulk('command.data', 1, 2), bulk('reply.data', 3)]));
      });

      it('is empty for a record without, and for no record', async () => {
        await fill(1);
        expect([await journal.data(1), await journal.data(99)]).toEqual([[], []]);
      });

      it('is what it was when append was called, and only that part of the buffer', async () => {
        const buffer = Uint8Array.of(9, 1, 2, 9);
        const appended = journal.append(draft('vm-a', 1, { data: [{ ...bulk('r'), bytes: buffer.subarray(1, 3) }] }));
        buffer.fill(0);
        await appended;
        expect(plain(await journal.data(1))).toMatchObject([{ bytes: [1, 2] }]);
      });

      it('is not there for a refused record', async () => {
        await expect(journal.append(draft('vm-a', 5, { data: [bulk('r', 1)] }))).rejects.toThrow();
        expect(await journal.data(1)).toEqual([]);
        await journal.append(draft('vm-a', 1));
        expect(await journal.data(1)).toEqual([]);
      });
    });

    describe('read', () => {
      const filters: readonly (readonly [name: string, query: Partial<Query>, expected: readonly number[]])[] = [
        ['everything', {}, [1, 2, 3, 4, 5, 6, 7, 8]],
        ['after a position', { after: 6 }, [7, 8]],
        ['a limit', { limit: 2 }, [1, 2]],
        ['after a position, with a limit', { after: 2, limit: 2 }, [3, 4]],
        ['a VM', { vm: 'vm-a' }, [1, 3, 5, 7]],
        ['a VM after a position', { vm: 'vm-a', after: 3 }, [5, 7]],
        ['a VM after a position, with a limit', { vm: 'vm-a', after: 1, limit: 2 }, [3, 5]],
        ['a VM after a version', { vm: 'vm-a', afterVersion: 2 }, [5, 7]],
        ['a VM up to a version', { vm: 'vm-a', upToVersion: 3 }, [1, 3, 5]],
        ['a range of versions', { vm: 'vm-b', afterVersion: 1, upToVersion: 3 }, [4, 6]],
        ['an unknown VM', { vm: 'vm-x' }, []],
        ['a type', { type: 'translate' }, [4, 8]],
        ['what was done', { outcome: 'done' }, [1, 2, 3, 4, 6, 7, 8]],
        ['what was refused', { outcome: 'refused' }, [5]],
        ['an actor', { actor: 'bob' }, [2, 6]],
        ['from a time, inclusive', { from: 107 }, [7, 8]],
        ['up to a time, inclusive', { to: 102 }, [1, 2]],
        ['a span of time', { from: 103, to: 104 }, [3, 4]],
        ['frames within those touched', { frames: { first: 12, last: 12 } }, [3]],
        ['frames around those touched', { frames: { first: 0, last: 1000 } }, [3]],
        ['frames that meet the first touched', { frames: { first: 5, last: 10 } }, [3]],
        ['frames that meet the last touched', { frames: { first: 15, last: 20 } }, [3]],
        ['frames beside those touched', { frames: { first: 16, last: 20 } }, []],
        ['the last frame there is', { frames: { first: 2 ** 52 - 1, last: 2 ** 52 - 1 } }, [1]],
        ['several filters at once', { vm: 'vm-b', type: 'mem_op', actor: 'bob', to: 105 }, [2]],
      ];

      beforeEach(async () => {
        for (let position = 1; position <= 8; position++) {
          const index = {
            time: 100 + position,
            type: position % 4 === 0 ? 'translate' : 'mem_op',
            ret: position === 5 ? -16 : position === 6 ? 4 : 0,
            actor: position % 4 === 2 ? 'bob' : 'alice',
            ...(position === 1 && { frames: { first: 2 ** 52 - 1, last: 2 ** 52 - 1 } }),
            ...(position === 3 && { frames: { first: 10, last: 15 } }),
          };
          await journal.append(draft(position % 2 === 1 ? 'vm-a' : 'vm-b', Math.ceil(position / 2), { index }));
        }
      });

      it.each(filters)('answers %s', async (_, query, expected) => {
        expect(positions(await journal.read({ after: 0, limit: 100, ...query }))).toEqual(expected);
      });

      it.each(filters)('finds %s look by look', async (_, { limit, ...query }, expected) => {
        for (const each of [1, 2, 100]) {
          const found = await lookThrough(journal, { after: 0, ...query, limit: each });
          expect(found.slice(0, limit)).toEqual(expected);
        }
      });

      it.each([8, 9])('looks no further than position %i, since nothing is there', async (after) => {
        expect(await journal.look({ after, limit: 10 })).toEqual({ records: [], upTo: after });
        expect(await journal.look({ after, limit: 10, vm: 'vm-a' })).toEqual({ records: [], upTo: after });
        expect(await journal.look({ after, limit: 10, vm: 'vm-x' })).toEqual({ records: [], upTo: after });
      });

      it('gives pages that together are the whole', async () => {
        const pages: number[] = [];
        for (let after = 0; ;) {
          const page = positions(await journal.read({ after, limit: 3 }));
          if (page.length === 0) break;
          pages.push(...page);
          after = page.at(-1) ?? 0;
        }
        expect(pages).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      });
    });

    describe('streams', () => {
      it('stand at version and position 0 before their first record', async () => {
        expect(await journal.streamHead('vm-a')).toEqual({ vm: 'vm-a', version: 0, position: 0 });
      });

      it('stand at their last record', async () => {
        await fill(2, ['vm-b', 'vm-a']);
        expect(await journal.streamHead('vm-b')).toEqual({ vm: 'vm-b', version: 2, position: 2 });
        expect(await journal.streamHead('vm-a')).toEqual({ vm: 'vm-a', version: 2, position: 4 });
      });

      it('are listed in order of VM, after one, up to a limit', async () => {
        await fill(1, ['vm-c', 'vm-a', 'vm-b']);
        expect(await journal.streams('', 2)).toEqual([
          { vm: 'vm-a', version: 1, position: 2 },
          { vm: 'vm-b', version: 1, position: 3 },
        ]);
        expect(await journal.streams('vm-b', 2)).toEqual([{ vm: 'vm-c', version: 1, position: 1 }]);
      });
    });

    describe('appended', () => {
      it('announces in order of position, each before its append is answered', async () => {
        const seen: number[] = [];
        journal.appended.subscribe(({ position }) => seen.push(position));
        await Promise.all(
          VMS.map(async (vm) => {
            const { position } = await journal.append(draft(vm, 1));
            expect(seen).toContain(position);
          }),
        );
        expect(seen).toEqual([1, 2, 3]);
      });

      it('announces what comes after the subscription, and nothing that was refused', async () => {
        await fill(1, ['vm-a']);
        const all = firstValueFrom(journal.appended.pipe(map(text), toArray()));
        await expect(journal.append(draft('vm-a', 1))).rejects.toThrow();
        await fill(1, ['vm-b']);
        await journal.close();
        expect(await all).toEqual([textAt(2, 'vm-b', 1)]);
      });

      it('goes on when a follower throws, for the others too', async () => {
        const thrown: unknown[] = [];
        config.onUnhandledError = (error) => thrown.push(error);
        const seen: number[] = [];
        journal.appended.subscribe(() => {
          throw new Error('a follower failed');
        });
        journal.appended.subscribe(({ position }) => seen.push(position));
        expect(positions(await fill(1))).toEqual([1, 2, 3]);
        expect(seen).toEqual([1, 2, 3]);
        await new Promise((resolve) => setTimeout(resolve));
        expect(thrown).toHaveLength(3);
        config.onUnhandledError = null;
      });
    });

    describe('close', () => {
      it('waits for what is under way', async () => {
        const appended = fill(2);
        await journal.close();
        expect(positions(await appended)).toEqual([1, 2, 3, 4, 5, 6]);
      });

      it('can be called twice', async () => {
        await Promise.all([journal.close(), journal.close()]);
      });

      it.each<readonly [string, (closed: Journal) => Promise<unknown>]>([
        ['append', (closed) => closed.append(draft('vm-a', 1))],
        ['read', (closed) => closed.read({ after: 0, limit: 1 })],
        ['data', (closed) => closed.data(1)],
        ['head', (closed) => closed.head()],
        ['streamHead', (closed) => closed.streamHead('vm-a')],
        ['streams', (closed) => closed.streams('', 1)],
      ])('makes %s fail with closed', async (_, call) => {
        const closing = journal.close();
        await expect(call(journal)).rejects.toMatchObject({ fault: 'closed' });
        await closing;
        await expect(call(journal)).rejects.toMatchObject({ fault: 'closed' });
      });
    });

    it('is healthy until it is closed', async () => {
      expect(await journal.health()).toBeUndefined();
      expect(await journal.head()).toBe(0);
      await journal.close();
      expect(await journal.health()).toBe('closed');
    });

    it('accepts exactly the drafts that extend their streams, and answers reads as a plain list would', async () => {
      const list: { vm: string; version: number }[] = [];
      const versionOf = (vm: string): number => list.filter((each) => each.vm === vm).length;
      const batch = fc.array(fc.record({ vm: fc.constantFrom(...VMS), skip: fc.integer({ min: -1, max: 1 }) }));
      await fc.assert(
        fc.asyncProperty(batch, fc.nat(60), fc.nat(20), async (drafts, after, afterVersion) => {
          const expected: boolean[] = [];
          const versions = new Map(VMS.map((vm) => [vm, versionOf(vm)]));
          const asked = drafts.map(({ vm, skip }) => {
            const version = (versions.get(vm) ?? 0) + 1 + skip;
            const extended = skip === 0;
            if (extended) versions.set(vm, version);
            if (extended) list.push({ vm, version });
            expected.push(extended);
            return journal.append(draft(vm, version));
          });
          const outcomes = await Promise.allSettled(asked);
          expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(expected);
          const all = list.map(({ vm, version }, i) => ({ position: i + 1, vm, version }));
          const found = await journal.read({ after, limit: 1000, vm: 'vm-a', afterVersion });
          expect(positions(found)).toEqual(
            positionsOf(
              all,
              ({ position, vm, version }) => vm === 'vm-a' && position > after && version > afterVersion,
            ),
          );
          expect(await journal.head()).toBe(list.length);
        }),
        { numRuns: 25 },
      );
    });
  });
}

function positionsOf<Point extends { readonly position: number }>(
  points: readonly Point[],
  wanted: (point: Point) => boolean,
): number[] {
  return points.filter(wanted).map(({ position }) => position);
}
