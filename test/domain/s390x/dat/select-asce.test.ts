import { accessContext } from '../../../../src/domain/s390x/dat/access-context.js';
import { selectAsce } from '../../../../src/domain/s390x/dat/select-asce.js';
import { newVcpu } from '../../../../src/domain/s390x/vcpu/vcpu.js';
import { PSW_MASK, buildVm, psw, withRegisters } from '../../support/s390x-vm.js';

const vm = buildVm({
  registers: { crs: { 1: 0x1111n << 32n, 7: 0x7777n << 32n, 13: 0xddddn << 32n }, acrs: { 1: 1 } },
});

const selected = (mask: readonly bigint[], ar: number, instruction: boolean) => {
  const now = withRegisters(vm, { psw: psw(...mask) });
  return selectAsce(accessContext(now, now.vcpus.get(0) ?? newVcpu(0)), ar, false, instruction);
};

const { dat, access_register, secondary, home } = PSW_MASK;

describe('ASCE selection', () => {
  it.each([
    ['DAT off: none, a real space', [], 0, 0x20],
    ['DAT off: the address space does not matter', [home], 0, 0x20],
    ['DAT off in access-register mode: no translation of the register', [access_register], 0, 0x20],
    ['primary: CR1', [dat], 0x1111, 0],
    ['secondary: CR7', [dat, secondary], 0x7777, 0],
    ['home: CR13', [dat, home], 0xdddd, 0],
    ['access register 1 with ALET 1: CR7', [dat, access_register], 0x7777, 0],
  ])('%s', (_name, mask, high, low) => {
    expect(selected(mask, 1, false)).toEqual({ high, low });
  });

  it.each([
    ['primary', [dat], 0x1111],
    ['access register', [dat, access_register], 0x1111],
    ['secondary', [dat, secondary], 0x1111],
    ['home', [dat, home], 0xdddd],
  ])('an instruction is fetched through the home space or the primary: %s', (_name, mask, high) => {
    expect(selected(mask, 1, true)).toEqual({ high, low: 0 });
  });
});
