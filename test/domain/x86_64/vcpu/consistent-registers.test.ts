import {
  REGISTER_RULES,
  type RegisterRule,
  brokenRegisterRule,
} from '../../../../src/domain/x86_64/vcpu/consistent-registers.js';
import { newX86Vcpu } from '../../../../src/domain/x86_64/vcpu/vcpu.js';

const host = { maxPhysAddrBits: 40, cpuVendor: 'intel', gbPages: true } as const;
const long = { cr0: 0x80000011n, cr3: 0x1000n, cr4: 0x20n, efer: 0x500n, cs: { l: 1 } } as const;
const legacy = { cr0: 0x80000011n, cr3: 0x1000n, cr4: 0n, efer: 0n, cs: { l: 0 } } as const;

describe('registers that KVM_SET_SREGS takes together', () => {
  it.each([
    ['those after reset', newX86Vcpu(0).registers],
    ['long mode', long],
    ['long mode, compatibility', { ...long, cs: { l: 0 } }],
    ['long mode, the last CR3', { ...long, cr3: 0xff_ffff_ffffn }],
    ['long mode enabled, paging off', { ...long, cr0: 0x11n, efer: 0x100n, cs: { l: 0 } }],
    ['32-bit paging', legacy],
    ['PAE paging, a CR3 of more bits than there are', { ...legacy, cr4: 0x20n, cr3: 1n << 50n }],
    ['CR0.NW with CR0.CD', { ...legacy, cr0: 0xe0000011n }],
    ['reserved bits of the lower half of CR0', { ...legacy, cr0: 0x8ffaffd1n & ~(1n << 29n) }],
  ] as const)('%s', (_name, registers) => {
    expect(brokenRegisterRule(registers, host)).toBeUndefined();
  });

  const rows: Readonly<Record<RegisterRule, readonly Parameters<typeof brokenRegisterRule>[0][]>> = {
    long_mode_needs_pae: [{ ...long, cr4: 0n }],
    long_mode_needs_lma: [{ ...long, efer: 0x100n }],
    long_mode_cr3_within_maxphyaddr: [
      { ...long, cr3: 1n << 40n },
      { ...long, cr3: 1n << 63n },
    ],
    lma_outside_long_mode: [
      { ...legacy, efer: 0x400n },
      { ...long, cr0: 0x11n, cs: { l: 0 } },
    ],
    cs_l_outside_long_mode: [{ ...legacy, cs: { l: 1 } }],
    cr4_unknown_bits: [14, 15, 19, 23, 24, 31, 32, 63].map((bit) => ({ ...legacy, cr4: 1n << BigInt(bit) })),
    cr0_upper_half: [{ ...legacy, cr0: legacy.cr0 | (1n << 32n) }],
    cr0_nw_needs_cd: [{ ...legacy, cr0: 0xa0000011n }],
    cr0_pg_needs_pe: [{ ...legacy, cr0: 0x80000010n }],
  };

  it.each(Object.keys(REGISTER_RULES) as RegisterRule[])('not: %s', (rule) => {
    expect(rows[rule].length).toBeGreaterThan(0);
    for (const registers of rows[rule]) expect(brokenRegisterRule(registers, host)).toBe(rule);
  });

  it('CR4.VMXE is a bit of Intel CPUs', () => {
    const vmx = { ...legacy, cr4: 1n << 13n };
    expect(brokenRegisterRule(vmx, host)).toBeUndefined();
    for (const cpuVendor of ['amd', 'hygon'] as const)
      expect(brokenRegisterRule(vmx, { ...host, cpuVendor })).toBe('cr4_unknown_bits');
  });
});
