import fc from 'fast-check';
import { BITMAPS, type Firmware } from '../../../src/domain/aarch64/firmware.js';
import { GATES, actionOf, isDefaultAllowed, isGateOpen } from '../../../src/domain/aarch64/smccc-allowed.js';
import { inserted } from '../../../src/domain/aarch64/smccc-filter.js';
import { Aarch64Machine, NOT_SUPPORTED } from '../support/aarch64.js';

const ALL: Firmware = { ...BITMAPS, psciVersion: 0x10001 };
const NONE: Firmware = { std: 0n, stdHyp: 0n, vendorHyp: 0n, psciVersion: 0x10001 };

describe('ids that are allowed by default', () => {
  it.each([
    ['SMCCC_VERSION', 0x80000000],
    ['ARCH_FEATURES', 0x80000001],
    ['owner 4, fast SMC32, first', 0x84000000],
    ['owner 4, fast SMC32, last', 0x8400001f],
    ['owner 4, fast SMC64', 0xc400001f],
    ['owner 4, yielding SMC32', 0x04000000],
    ['owner 4, yielding SMC64', 0x4400001f],
    ['owner 4, with the SVE hint', 0x84010003],
    ['PSCI 0.1, first', 0x95c1ba5e],
    ['PSCI 0.1, last', 0x95c1ba61],
  ])('%s: 0x%x', (_what, id) => {
    expect(isDefaultAllowed(id)).toBe(true);
    expect([actionOf(id, [], ALL), actionOf(id, [], NONE)]).toEqual(['handle', 'handle']);
  });

  it.each([
    ['architecture call 2', 0x80000002],
    ['SMCCC_VERSION as SMC64', 0xc0000000],
    ['SMCCC_VERSION, yielding', 0x00000000],
    ['SMCCC_VERSION with the SVE hint', 0x80010000],
    ['owner 4 after PSCI', 0x84000020],
    ['owner 3', 0x8300001f],
    ['owner 5', 0x85000000],
    ['owner 36, whose low bits are those of 4', 0xa4000000],
    ['before PSCI 0.1', 0x95c1ba5d],
    ['after PSCI 0.1', 0x95c1ba62],
    ['TRNG as yielding call', 0x04000050],
    ['TRNG 5', 0x84000054],
    ['TRNG_VERSION as SMC64', 0xc4000050],
    ['PV time as SMC32', 0x85000020],
    ['vendor call 2', 0x86000002],
    ['KVM features as SMC64', 0xc6000000],
  ])('not %s: 0x%x', (_what, id) => {
    expect(isDefaultAllowed(id)).toBe(false);
    expect(actionOf(id, [], ALL)).toBe('deny');
    expect(new Aarch64Machine().call(id).reply).toEqual({
      action: 'deny',
      registers: { x0: NOT_SUPPORTED, x1: 0n, x2: 0n, x3: 0n },
    });
  });
});

describe('ids that a bit turns on', () => {
  const rows: readonly [id: number, register: 'std' | 'stdHyp' | 'vendorHyp', bit: bigint][] = [
    [0x84000050, 'std', 0n],
    [0x84000051, 'std', 0n],
    [0x84000052, 'std', 0n],
    [0x84000053, 'std', 0n],
    [0xc4000053, 'std', 0n],
    [0xc5000020, 'stdHyp', 0n],
    [0xc5000021, 'stdHyp', 0n],
    [0x86000000, 'vendorHyp', 0n],
    [0x8600ff01, 'vendorHyp', 0n],
    [0x86000001, 'vendorHyp', 1n],
  ];

  it.each(rows)('0x%x: %s bit %i', (id, register, bit) => {
    const alone = { ...NONE, [register]: 1n << bit };
    const without = { ...ALL, [register]: ALL[register] & ~(1n << bit) };
    expect([isGateOpen(id, alone), isGateOpen(id, without), isDefaultAllowed(id)]).toEqual([true, false, false]);
    const made = new Aarch64Machine();
    expect(made.registers(0, { firmware: { [register]: without[register] } })).toBe(0);
    expect(made.call(id).reply['action']).toBe('deny');
    const other = new Aarch64Machine();
    other.registers(0, { firmware: { std: alone.std, stdHyp: alone.stdHyp, vendorHyp: alone.vendorHyp } });
    expect(other.call(id).reply['action']).toBe('handle');
  });

  it('are these and no others', () => {
    expect([...GATES.keys()].sort((a, b) => a - b)).toEqual(rows.map(([id]) => id).sort((a, b) => a - b));
  });
});

describe('the filter and the registers together', () => {
  it('what the filter denies or forwards the registers cannot change, and it cannot allow anything', () => {
    const id = fc.oneof(fc.constantFrom(...GATES.keys(), 0x84000000), fc.integer({ min: 0, max: 0xffffffff }));
    const action = fc.constantFrom('handle' as const, 'deny' as const, 'fwd_to_user' as const);
    fc.assert(
      fc.property(id, action, fc.constantFrom(ALL, NONE), (base, said, firmware) => {
        const filter = inserted([], { base, nrFunctions: 1, action: said });
        expect(actionOf(base, filter, firmware)).toBe(said === 'handle' ? actionOf(base, [], firmware) : said);
      }),
    );
  });
});
