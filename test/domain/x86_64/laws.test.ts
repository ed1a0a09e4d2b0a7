import fc from 'fast-check';
import { type Divergence, type Reruns, reexecute } from '../../../src/domain/audit/reexecute.js';
import { brokenRegisterRule } from '../../../src/domain/x86_64/vcpu/consistent-registers.js';
import { digester } from '../support/test-digester.js';
import { LONG_MODE, X86Ledger } from '../support/x86-vm.js';

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

const vcpu = fc.constantFrom(0, 0, 0, 1);
const linearAddress = fc.oneof(
  fc.nat(0xffffff).map((low) => hex(0x8040000000n + BigInt(low))),
  fc.nat(0xfffffff).map(hex),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(hex),
);
const op = fc.record({ linearAddress, flags: fc.constantFrom(0, 1, 3, 5, 7, 2), access: fc.nat(8) });

const register = (...values: readonly string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const registers = fc
  .record({
    cr0: register('0x80010001', '0x80000001', '0x11'),
    cr3: register('0x1000', '0x2000', '0x200000', '0xfffff000'),
    cr4: register('0x20', '0x1020', '0x700020', '0x10', '0x0'),
    efer: register('0xd00', '0x500', '0x800', '0x0'),
    rflags: register('0x2', '0x40002'),
    pkru: fc.option(fc.nat(15), { nil: undefined }),
    cs: fc.option(fc.constantFrom({ l: 0 }, { l: 1 }), { nil: undefined }),
  })
  .map((some) => Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)));

/** An entry of one of the first tables: mostly one that points to another. */
const entry = fc
  .tuple(
    fc.nat(8),
    fc.nat(3),
    fc.constantFrom(1, 2, 3, 4, 5, 0x200, 0x201),
    fc.constantFrom(7n, 7n, 5n, 0x87n, 0n, (1n << 63n) | 7n),
  )
  .map(([table, index, frame, bits]): [bigint, bigint] => [
    BigInt(0x1000 * table + 8 * index),
    (BigInt(frame) << 12n) | bits,
  ]);

type Step = (ledger: X86Ledger) => unknown;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.array(entry, { minLength: 1, maxLength: 6 }).map(
    (entries): Step =>
      (ledger) =>
        ledger.load(entries),
  ),
  registers.map(
    (some): Step =>
      (ledger) =>
        ledger.registers(some),
  ),
  fc.tuple(vcpu, op, fc.boolean()).map(
    ([id, one, explain]): Step =>
      (ledger) =>
        ledger.run({ type: 'translate2', vcpu: id, explain, ...one }),
  ),
  fc.tuple(vcpu, fc.array(op, { minLength: 1, maxLength: 8 })).map(
    ([id, ops]): Step =>
      (ledger) =>
        ledger.run({ type: 'translate2_batch', vcpu: id, ops }),
  ),
  fc.tuple(vcpu, linearAddress).map(
    ([id, address]): Step =>
      (ledger) =>
        ledger.run({ type: 'translate_legacy', vcpu: id, linearAddress: address }),
  ),
  fc.tuple(vcpu, linearAddress).map(
    ([id, from]): Step =>
      (ledger) =>
        ledger.run({ type: 'read_mappings', vcpu: id, from, limit: 3 }),
  ),
  fc.constant((ledger: X86Ledger) => ledger.registers(LONG_MODE)),
  fc.nat(1).map(
    (slot): Step =>
      (ledger) =>
        ledger.dirty(slot),
  ),
  fc.constant((ledger: X86Ledger) => ledger.run({ type: 'create_vcpu', id: 1 })),
);

describe('over any sequence of commands on an x86_64 VM', () => {
  it('no command throws, registers fit together, and re-execution and the fold reproduce every record', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.constantFrom('documented', 'kernel'), (steps, semantics) => {
        const ledger = new X86Ledger({ semantics });
        for (const one of steps) {
          one(ledger);
          for (const { registers: file } of ledger.machine.vcpus.values())
            expect(brokenRegisterRule(file, ledger.machine.host)).toBeUndefined();
        }
        let reruns: Reruns = new Map();
        const all: Divergence[] = [];
        for (const record of ledger.records) {
          const rerun = reexecute(reruns, record, undefined, digester);
          reruns = rerun.reruns;
          all.push(...rerun.divergences);
        }
        expect(all).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});
