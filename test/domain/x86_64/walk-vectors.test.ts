import { type Case, type Group, expectedOf, flagsOf, groups } from '../../support/walk-vectors.js';
import { type Machine, memoryOf, put, translate } from '../support/x86-machine.js';

const MIB = 1n << 20n;

function machineOf({ memoryMiB, maxphyaddr, cpuid, image, sregs, rflags }: Group): Machine {
  const memory = memoryOf([{ from: 0n, size: BigInt(memoryMiB) * MIB }]);
  for (const { gpa, hex } of image) put(memory, BigInt(gpa), Buffer.from(hex, 'hex'));
  const efer = BigInt(sregs.efer);
  return {
    host: { maxPhysAddrBits: maxphyaddr, cpuVendor: 'intel', gbPages: cpuid.pdpe1gb },
    semantics: 'documented',
    memory,
    registers: {
      cr0: BigInt(sregs.cr0),
      cr3: BigInt(sregs.cr3),
      cr4: BigInt(sregs.cr4),
      efer,
      rflags: BigInt(rflags),
      pkru: 0,
      cs: { l: (efer & 0x400n) === 0n ? 0 : 1 },
    },
  };
}

const ACCESSED = 0x20n;

/** The changes that a case lets happen: those that must, and any accessed bits of entries that may have it. */
function expectChanges(
  one: Case,
  set: readonly (readonly [bigint, bigint])[],
  after: readonly { gpa: string; entry: string }[],
) {
  const wanted = after.map(({ gpa, entry }) => [BigInt(gpa), BigInt(entry)]);
  const either = new Set((one.either ?? []).map(BigInt));
  expect(set).toEqual(expect.arrayContaining(wanted));
  const others = set.filter(([gpa]) => !wanted.some(([at]) => at === gpa));
  for (const [gpa, value] of others) {
    expect(either.has(gpa)).toBe(true);
    expect(value & ACCESSED).toBe(ACCESSED);
  }
}

describe.each(groups.map((group) => [group.group, group] as const))('a walk as a CPU does it: %s', (_name, group) => {
  const machine = machineOf(group);

  it.each(group.cases.map((one) => [one.id, one] as const))('%s', (_id, one) => {
    const { valid, pa, errorCode, entryPa, denying, unbackedPage, setBits, after } = expectedOf(one);
    const { answer, set } = translate(machine, BigInt(one.gva), flagsOf(one), one.access);
    expect([answer.valid, answer.errorCode?.code]).toEqual([valid, errorCode]);
    if (pa !== undefined) expect(answer.physicalAddress).toBe(BigInt(pa));
    if (entryPa !== undefined) expect(answer.physicalAddress).toBe(BigInt(entryPa));
    if (denying !== undefined && entryPa === undefined) expect(denying.map(BigInt)).toContain(answer.physicalAddress);
    if (unbackedPage !== undefined) expect(answer.physicalAddress & ~0xfffn).toBe(BigInt(unbackedPage));
    if (setBits !== undefined) expect(answer.setBitsSucceeded).toBe(setBits);
    expectChanges(one, set, after);
  });
});

it('the vectors take in every mode and every fault', () => {
  const cases = groups.flatMap((group) => group.cases);
  expect(cases.length).toBeGreaterThan(4000);
  expect(new Set(groups.map(({ mode }) => mode))).toEqual(new Set(['32bit', 'pae', '4level', '5level', 'nopaging']));
  expect(new Set(cases.map(({ expect: { errorCode } }) => errorCode))).toEqual(new Set([undefined, 1, 2, 3, 4, 5]));
});
