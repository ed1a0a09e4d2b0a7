import fc from 'fast-check';
import type { Access } from '../../../../src/domain/audit/accesses/access.js';
import { LastWrites } from '../../../../src/domain/audit/accesses/last-writes.js';
import { mapAfter } from '../../../../src/domain/audit/accesses/map-changes.js';
import { type MemoryMap, NO_MEMORY } from '../../../../src/domain/audit/accesses/memory-map.js';
import { placed } from '../../../../src/domain/audit/accesses/places.js';
import { offsetOf } from '../../../../src/domain/memory/address.js';
import { eventsOf } from '../../../../src/domain/audit/open-record.js';
import type { RecordedCommand } from '../../../../src/domain/audit/reexecute.js';
import { type Command, command } from '../../../../src/domain/vm/command.js';
import { fork } from '../../../../src/domain/vm/state.js';
import { toldBy } from '../../support/accesses.js';
import { arbitraryLife } from '../../support/arbitrary-command.js';
import { Ledger } from '../../support/ledger.js';

const PAGE = 4096;

const factsOf = ({ body, bulk }: RecordedCommand) =>
  eventsOf(body, new Map([...bulk].map(([role, { bytes }]) => [role, bytes])));

/** Bytes of the VMM's pages by page, those of zeros left out. */
const contentOf = ({ vm }: Ledger): Map<number, Uint8Array> =>
  new Map(vm ? [...fork(vm).memory.pages.entries()].map(([page, bytes]) => [page, Uint8Array.from(bytes)]) : []);

const START: readonly Command[] = [
  { type: 'create_vm', arch: 's390x' },
  { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x4000' },
  { type: 'set_user_memory_region', slot: 1, guestPhysAddr: '0x5000', size: '0x1000' },
  { type: 's390_set_skeys', startGfn: 0, count: 4, data: Buffer.of(0x10, 0x18, 0x28, 0x30).toString('base64') },
  { type: 'create_vcpu', id: 0 },
  { type: 'set_registers', vcpu: 0, registers: { prefix: '0x2000' } },
].map((input) => command.parse(input));

const sized = fc.constantFrom(1, 8, 0x20, 0x1000, 0x1008, 0x2010, 0x4000);
const at = fc.constantFrom(0, 8, 0xff8, 0x1000, 0x1ff0, 0x2000, 0x3000, 0x3ff8, 0x4000, 0x5000, 0x5ff0);

/** A memory operation that a key, a hole in memory or nothing at all may end. */
const memOp = fc
  .record({
    op: fc.constantFrom('read', 'read', 'write', 'cmpxchg'),
    gaddr: at,
    size: sized,
    key: fc.constantFrom(0, 1, 2, 3, 4),
    flags: fc.constantFrom<string[]>([], ['skey_protection'], ['skey_protection'], ['check_only']),
    fill: fc.nat(2),
  })
  .map(({ op, fill, size, ...rest }) => ({
    ...rest,
    op,
    size: op === 'cmpxchg' ? Math.min(size, 8) : size,
    ...(op !== 'read' && { data: Buffer.alloc(op === 'cmpxchg' ? Math.min(size, 8) : size, fill).toString('base64') }),
    ...(op === 'cmpxchg' && { oldData: Buffer.alloc(Math.min(size, 8), 2 - fill).toString('base64') }),
  }));

const begun = (): Ledger => {
  const ledger = new Ledger();
  for (const each of START) ledger.submit(each);
  return ledger;
};

const asItem = ({ kind, ret, errno, given, resolved, stored }: Access) => ({
  kind,
  ret,
  errno,
  given,
  resolved,
  stored,
});

describe('over any sequence of commands', () => {
  it('each item of a batch is the access that it would be by itself', () => {
    fc.assert(
      fc.property(fc.array(memOp, { minLength: 1, maxLength: 12 }), fc.boolean(), (asked, logical) => {
        const where = logical ? { vcpu: 0 } : {};
        const ops = asked.map((op) => ({ ...op, op: `${logical ? 'logical' : 'absolute'}_${op.op}` }));
        const fitting = ops.filter(({ op }) => op !== 'logical_cmpxchg');
        fc.pre(fitting.length > 0);
        const together = begun();
        together.submit(command.parse({ type: 's390_mem_op_batch', ...where, ops: fitting }));
        const items = toldBy(together.records.at(-1) as RecordedCommand);
        const alone = begun();
        const single = fitting.flatMap((op) => {
          alone.submit(command.parse({ type: 's390_mem_op', ...where, ...op }));
          return toldBy(alone.records.at(-1) as RecordedCommand);
        });
        expect(items.map(({ item }) => item)).toEqual(fitting.map((_, i) => i));
        // Which of two reads that a key ended at the same place of a page got further may not be in the record.
        const certain = (i: number): boolean =>
          !single.some(
            (other, j) =>
              j !== i &&
              other.ret > 0 &&
              (single[i]?.ret ?? 0) > 0 &&
              offsetOf(other.given?.address ?? 0n) === offsetOf(single[i]?.given?.address ?? 0n),
          );
        items.forEach((item, i) => {
          if (certain(i)) expect(asItem(item)).toEqual(asItem(single[i] as Access));
        });
        expect(items.flatMap(({ resolved }) => resolved)).toEqual(single.flatMap(({ resolved }) => resolved));
      }),
      { numRuns: 300 },
    );
  });

  it('nothing of memory changes but what an access says it set, and each byte’s last write is known', () => {
    fc.assert(
      fc.property(arbitraryLife, (commands) => {
        const ledger = new Ledger();
        let map: MemoryMap = NO_MEMORY;
        const naive = new Map<number, (number | undefined)[]>();
        const writes: { page: number; start: number; size: number; record: number }[] = [];
        for (const each of commands) {
          const before = contentOf(ledger);
          const count = ledger.records.length;
          ledger.submit(each);
          const record = ledger.records[count];
          if (record === undefined) continue;
          const runs = toldBy(record).flatMap((access) => placed(access, 'vm', () => map).runs);
          for (const { page, offset, size } of runs) {
            writes.push({ page, start: offset, size, record: count });
            for (let byte = offset; byte < Math.min(offset + size, 4 * PAGE); byte++) {
              const one = page + Math.floor(byte / PAGE);
              const bytes = naive.get(one) ?? [];
              bytes[byte % PAGE] = count;
              naive.set(one, bytes);
            }
          }
          const after = contentOf(ledger);
          for (const page of new Set([...before.keys(), ...after.keys()])) {
            const [was, is] = [before.get(page), after.get(page)];
            for (let byte = 0; byte < PAGE; byte++) {
              if ((was?.[byte] ?? 0) === (is?.[byte] ?? 0)) continue;
              const there = runs.some(
                ({ page: first, offset, size }) =>
                  (page - first) * PAGE + byte >= offset && (page - first) * PAGE + byte < offset + size,
              );
              expect([page, byte, there]).toEqual([page, byte, true]);
            }
          }
          map = factsOf(record).reduce(mapAfter, map);
          const slots = ledger.vm?.memory.slots ?? [];
          expect(map.slots).toEqual(
            slots.map(({ slot, firstFrame, frames, firstPage }) => ({ slot, firstFrame, frames, firstPage })),
          );
        }
        for (const [page, bytes] of naive) {
          const last = new LastWrites<(typeof writes)[number]>(page, { from: 0, to: PAGE });
          for (const write of [...writes].reverse()) last.take(write);
          const spans = last.spans();
          expect(spans.map(({ from, to }) => to - from).reduce((a, b) => a + b, 0)).toBe(PAGE);
          for (const { from, to, write } of spans)
            for (const byte of [from, (from + to) >> 1, to - 1])
              if (page * PAGE + byte < 4 * PAGE + Math.min(...writes.map((each) => each.page * PAGE)))
                expect(write?.record).toBe(bytes[byte]);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('the last writes of a page', () => {
  const write = fc.record({
    page: fc.integer({ min: 8, max: 10 }),
    start: fc.nat(PAGE - 1),
    size: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 3 * PAGE })),
  });

  it('are those of a model that writes byte by byte', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), fc.nat(PAGE - 1), fc.nat(PAGE), (writes, from, more) => {
        const to = Math.min(PAGE, from + 1 + more);
        const numbered = writes.map((each, id) => ({ ...each, id }));
        const bytes = new Array<number | undefined>(4 * PAGE).fill(undefined);
        for (const { page, start, size, id } of numbered)
          for (let i = 0; i < size; i++) bytes[(page - 8) * PAGE + start + i] = id;
        for (const page of [8, 9, 10]) {
          const last = new LastWrites<(typeof numbered)[number]>(page, { from, to });
          for (const each of [...numbered].reverse()) if (!last.done) last.take(each);
          const found = last.spans().flatMap((span) => new Array(span.to - span.from).fill(span.write?.id) as number[]);
          expect(found).toEqual(bytes.slice((page - 8) * PAGE + from, (page - 8) * PAGE + to));
        }
      }),
      { numRuns: 200 },
    );
  });
});
