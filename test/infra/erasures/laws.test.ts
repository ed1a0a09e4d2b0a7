import fc from 'fast-check';
import { erasableRoles } from '../../../src/domain/audit/erasable.js';
import { parseBody } from '../../../src/domain/audit/record.js';
import { type Command, command } from '../../../src/domain/vm/command.js';
import { arbitraryCommand, arbitraryLife } from '../../domain/support/arbitrary-command.js';
import { arbitraryIntrospection } from '../../domain/support/arbitrary-introspection.js';
import { INTROSPECTED } from '../../domain/support/introspected.js';
import { Estate, type Review } from './estate.js';

/** Where erasures come in a life, and of which part of what there is by then. */
const cut = fc.record({ after: fc.nat(1000), from: fc.nat(1000), to: fc.nat(1000) });
const cuts = fc.array(cut, { minLength: 1, maxLength: 3 });

const PAGE = 4096;

/** Bytes of a page or less, hardly ever zeros. */
const bytes = fc
  .tuple(fc.constantFrom(1, 8, 100, PAGE - 1, PAGE, PAGE, 2 * PAGE), fc.nat(255))
  .map(([size, byte]) => ({ size, data: Buffer.alloc(size, byte).toString('base64') }));

const address = fc.tuple(fc.nat(5), fc.constantFrom(0, 0, 0, 1, 2000)).map(([page, offset]) => page * PAGE + offset);

const OPS = ['absolute_write', 'absolute_read', 'logical_write', 'logical_read'] as const;

/** Commands that write and read contents. */
const content: fc.Arbitrary<Command> = fc
  .oneof(
    fc.tuple(address, bytes).map(([gpa, { size, data }]) => ({ type: 'write_memory', extents: [{ gpa, size }], data })),
    fc.tuple(address, bytes).map(([gpa, { size }]) => ({ type: 'read_memory', gpa, size })),
    fc.tuple(address, fc.nat(30)).map(([gpa, asOf]) => ({ type: 'read_memory', gpa, size: 1, asOf: 1 + asOf })),
    fc.tuple(fc.constantFrom(...OPS), address, bytes).map(([op, gaddr, { size, data }]) => ({
      type: 's390_mem_op',
      op,
      ...(op.startsWith('logical') && { vcpu: 0 }),
      gaddr,
      size,
      ...(op.endsWith('write') && { data }),
    })),
    fc
      .tuple(fc.constantFrom('sida_write', 'sida_read'), fc.constantFrom(0, 0, 1), bytes)
      .map(([op, offset, { size, data }]) => ({
        type: 's390_mem_op',
        op,
        vcpu: 0,
        sidaOffset: offset,
        size,
        ...(op === 'sida_write' && { data }),
      })),
    fc.tuple(address, bytes).map(([gaddr, { size, data }]) => ({
      type: 's390_mem_op_batch',
      ops: [
        { op: 'absolute_write', gaddr, size, data },
        { op: 'absolute_read', gaddr, size },
      ],
    })),
    fc
      .tuple(address, bytes)
      .map(([gaddr, { data }]) => ({ type: 's390_guest', vcpu: 0, instruction: 'store', gaddr, data })),
    fc.nat(5).map((page) => ({ type: 's390_guest', vcpu: 0, instruction: 'pfmf', gaddr: page * PAGE, r1: 0x8000 })),
  )
  .map((input) => command.parse(input));

const BEGIN = [
  { type: 'create_vm', arch: 's390x' },
  { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x100000', flags: ['log_dirty_pages'] },
  { type: 'create_vcpu', id: 0 },
].map((input) => command.parse(input));

const PROTECT = command.parse({ type: 's390_pv_command', command: 'enable' });

const arbitraryOr = (often: fc.Arbitrary<Command>, rarely: fc.Arbitrary<Command>): fc.Arbitrary<Command[]> =>
  fc.array(fc.oneof({ weight: 4, arbitrary: often }, rarely), { minLength: 15, maxLength: 30 });

/** The life of a VM that has a lot in its memory, and may be protected. */
const S390X = fc
  .record({ isProtected: fc.boolean(), rest: arbitraryOr(content, arbitraryCommand), ends: fc.boolean() })
  .map(({ isProtected, rest, ends }) => [
    ...BEGIN,
    ...(isProtected ? [PROTECT] : []),
    ...rest,
    ...(ends ? [command.parse({ type: 'destroy_vm' })] : []),
  ]);

/** What happens to the page at 0x5000: the tool lets no store through, guests store, and the tool replies. */
const held: fc.Arbitrary<Command> = fc
  .oneof(
    fc.nat(255).map((byte) => ({
      type: 'x86_guest',
      vcpu: 0,
      instruction: 'store',
      gva: 0x5000,
      data: Buffer.of(byte, 1).toString('base64'),
    })),
    fc.constantFrom(1, 2, 3, 4).map((seq) => ({ type: 'introspection_reply', seq, action: 'continue' })),
    fc.constantFrom([], 7).map((access) => ({
      type: 'introspection_command',
      command: 'set_page_access',
      entries: [{ gpa: 0x5000, access }],
    })),
    fc
      .constantFrom(1, 4)
      .map((size) => ({ type: 'introspection_command', command: 'read_physical', gpa: 0x5000, size })),
    fc.constantFrom(1, 4).map((size) => ({
      type: 'introspection_command',
      command: 'write_physical',
      gpa: 0x5000,
      data: Buffer.alloc(size, 7).toString('base64'),
    })),
  )
  .map((input) => command.parse(input));

const CLOSED = command.parse({
  type: 'introspection_command',
  command: 'set_page_access',
  entries: [{ gpa: 0x5000, access: [] }],
});

/** The life of a VM whose tool holds its stores. */
const X86 = fc
  .tuple(arbitraryIntrospection(INTROSPECTED), fc.array(held, { minLength: 5, maxLength: 20 }))
  .map(([before, after]) => [
    ...before.slice(0, INTROSPECTED.length + 1),
    CLOSED,
    ...after,
    ...before.slice(INTROSPECTED.length + 1),
  ]);

/** Lives through commands, with erasures of whole ranges in between; answers the positions that were erased. */
async function live(
  commands: readonly Command[],
  erasures: readonly { readonly after: number; readonly from: number; readonly to: number }[],
): Promise<{ estate: Estate; erased: ReadonlySet<number> }> {
  const estate = new Estate();
  const erased = new Set<number>();
  for (const [i, asked] of commands.entries()) {
    await estate.submit('vm', asked);
    for (const { after, from, to } of erasures) {
      const head = await estate.journal.head();
      if (after % commands.length !== i || head === 0) continue;
      const [first = 1, last = head] = [1 + (from % head), 1 + (to % head)].sort((a, b) => a - b);
      await estate.erase('vm', first, last);
      for (let position = first; position <= last; position++) erased.add(position);
    }
  }
  return { estate, erased };
}

/** What must hold however a VM lived and whatever was erased. */
async function expectLawful(estate: Estate, erased: ReadonlySet<number>): Promise<Review> {
  const review = await estate.review();
  expect(review.wrong).toEqual([]);
  const replay = await estate.replay();
  expect(replay).toMatchObject({ state: 'done', divergences: [], checked: replay?.total });
  for (const { position, bytes } of await estate.journal.read({ after: 0, limit: 10_000 })) {
    const body = parseBody(bytes);
    const gone = erased.has(position) ? erasableRoles(body) : [];
    const there = (await estate.journal.data(position)).map(({ role }) => role);
    expect(there.sort()).toEqual((body.data ?? []).map(({ role }) => role).filter((role) => !gone.includes(role))); // prettier-ignore
  }
  return review;
}

describe('whatever a VM lived through and whatever of it is erased', () => {
  it.each<[string, fc.Arbitrary<readonly Command[]>, readonly [number, number, number]]>([
    ['an s390x VM', arbitraryLife, [10, 0, 0]],
    ['an s390x VM with a lot in its memory', S390X, [100, 20, 1]],
    ['an x86_64 VM that is introspected', X86, [100, 20, 1]],
  ])(
    'every byte of %s reads as what it was or as erased, digests hold, and the rest replays',
    async (_, lives, least) => {
      const seen = [0, 0, 0];
      // Contents that are there, pages that are erased, and vCPUs with erased bytes: enough of each for this to say something.
      const isEnough = (): boolean => seen.every((count, i) => count >= (least[i] ?? 0));
      for (let times = 0; times < 10 && !isEnough(); times++)
        await fc.assert(
          fc.asyncProperty(lives, cuts, async (commands, erasures) => {
            const { estate, erased } = await live(commands, erasures);
            const review = await expectLawful(estate, erased);
            const pages = review.erased.filter((name) => name.startsWith('page')).length;
            [review.right, pages, review.erased.length - pages].forEach(
              (count, i) => (seen[i] = (seen[i] ?? 0) + count),
            );
          }),
          { numRuns: 60 },
        );
      expect([seen, isEnough()]).toEqual([seen, true]);
    },
    120_000,
  );
});
