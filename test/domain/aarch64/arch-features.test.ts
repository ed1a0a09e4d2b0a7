import { Aarch64Machine, negative } from '../support/aarch64.js';

const ARCH_FEATURES = 0x80000001;

const asks = (x1: bigint | number, host: object): bigint =>
  new Aarch64Machine({ host: { ...host } }).x0(ARCH_FEATURES, [x1]);

describe('SMCCC_VERSION', () => {
  it('is 1.1', () => {
    expect(new Aarch64Machine().x0(0x80000000)).toBe(0x10001n);
  });
});

describe('ARCH_FEATURES', () => {
  it.each<[what: string, x1: number, fact: string, state: string, ssbs: boolean, result: number]>([
    ['WORKAROUND_1', 0x80008000, 'spectreV2', 'vulnerable', true, -1],
    ['WORKAROUND_1', 0x80008000, 'spectreV2', 'mitigated', true, 0],
    ['WORKAROUND_1', 0x80008000, 'spectreV2', 'unaffected', true, 1],
    ['WORKAROUND_2', 0x80007fff, 'spectreV4', 'vulnerable', true, -1],
    ['WORKAROUND_2', 0x80007fff, 'spectreV4', 'vulnerable', false, -1],
    ['WORKAROUND_2, SSBS everywhere', 0x80007fff, 'spectreV4', 'mitigated', true, -1],
    ['WORKAROUND_2, no SSBS', 0x80007fff, 'spectreV4', 'mitigated', false, -2],
    ['WORKAROUND_2', 0x80007fff, 'spectreV4', 'unaffected', true, -2],
    ['WORKAROUND_2', 0x80007fff, 'spectreV4', 'unaffected', false, -2],
    ['WORKAROUND_3', 0x80003fff, 'spectreBhb', 'vulnerable', true, -1],
    ['WORKAROUND_3', 0x80003fff, 'spectreBhb', 'mitigated', true, 0],
    ['WORKAROUND_3', 0x80003fff, 'spectreBhb', 'unaffected', true, 1],
  ])('%s (0x%x) with %s %s, ssbs %s: %i', (_what, x1, fact, state, ssbs, result) => {
    expect(asks(x1, { [fact]: state, ssbs })).toBe(negative(result));
    expect(asks(0xffff_ffff_0000_0000n | BigInt(x1), { [fact]: state, ssbs })).toBe(negative(result));
  });

  it('PV time by STD_HYP bit 0, whether the vCPU has a record or not', () => {
    expect(asks(0xc5000020, {})).toBe(0n);
    const made = new Aarch64Machine();
    made.registers(0, { firmware: { stdHyp: 0 } });
    expect(made.x0(ARCH_FEATURES, [0xc5000020])).toBe(negative(-1));
  });

  it.each([0, 0x80000000, 0x80000001, 0x84000000, 0xc5000021, 0x84000050, 0x86000001])('0x%x: -1', (x1) => {
    expect(asks(x1, {})).toBe(negative(-1));
  });
});
