import fc from 'fast-check';
import { accessContext } from '../../../src/domain/s390x/dat/access-context.js';
import { asceOf } from '../../../src/domain/s390x/dat/asce.js';
import { Explanation } from '../../../src/domain/s390x/dat/explain.js';
import { codeOf } from '../../../src/domain/s390x/dat/fault.js';
import { nameOf } from '../../../src/domain/s390x/dat/program-exception.js';
import { newVcpu } from '../../../src/domain/s390x/vcpu/vcpu.js';
import { walk } from '../../../src/domain/s390x/dat/walk.js';
import { highWord, lowWord } from '../../../src/domain/s390x/model/words.js';
import { buildVm, bytesAt, load, loadDoublewords } from '../support/s390x-vm.js';

const EDAT = 0x00800000n;
const IEP = 0x00100000n;

describe('on random tables', () => {
  const word = fc.record({
    origin: fc.oneof({ weight: 9, arbitrary: fc.nat(255) }, { weight: 1, arbitrary: fc.nat(0xfffff) }),
    high: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) }),
    bits: fc.nat(0xfff),
    valid: fc.boolean(),
  });
  const entry = word.map(({ origin, high, bits, valid }) => {
    const low = (BigInt(origin) << 12n) | BigInt(valid ? bits & ~0x420 : bits);
    return (BigInt(high) << 32n) | low;
  });
  const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const address = fc.oneof(u64, fc.bigInt({ min: 0n, max: (1n << 33n) - 1n }));

  it('never throws, ends in memory or in an exception, and reads the same with an observer', () => {
    const tables = fc.array(entry, { minLength: 61, maxLength: 61 });
    const kinds = fc.record({
      store: fc.boolean(),
      instruction: fc.boolean(),
      cr0: fc.constantFrom(0n, EDAT, EDAT | IEP),
    });
    let ended = 0;
    fc.assert(
      fc.property(
        tables,
        entry,
        fc.array(address, { minLength: 8, maxLength: 8 }),
        kinds,
        (values, designation, where, kind) => {
          const vm = buildVm({ memoryMiB: 1, registers: { crs: { 0: kind.cr0 }, prefix: 0x4000 } });
          loadDoublewords(vm, 0n, ...Array.from({ length: 1 << 13 }, (_, i) => values[i % 61] ?? 0n));
          for (let block = 1n; block < 16n; block++) load(vm, block << 16n, bytesAt(vm, 0n, 1 << 16));
          const context = accessContext(vm, vm.vcpus.get(0) ?? newVcpu(0));
          const asce = asceOf(designation);
          for (const one of where) {
            const plain = walk(context, asce, highWord(one), lowWord(one), kind.store, kind.instruction);
            const observer = new Explanation(context);
            const told = walk(context, asce, highWord(one), lowWord(one), kind.store, kind.instruction, observer);
            expect(told).toBe(plain);
            if (plain < 0) expect(nameOf(codeOf(plain))).toBeDefined();
            else expect(plain).toBeLessThan(256);
            for (const { entryAddress, entry: read } of observer.steps())
              expect(read).toBe(values[(Number(entryAddress & 0xffffn) / 8) % 61]);
            ended += plain < 0 ? 0 : 1;
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(ended).toBeGreaterThan(0);
  });
});
