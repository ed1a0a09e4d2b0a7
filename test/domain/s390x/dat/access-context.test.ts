import { CR0, accessContext } from '../../../../src/domain/s390x/dat/access-context.js';
import { hasFacility } from '../../../../src/domain/s390x/model/facilities.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { PSW_MASK, buildVm, psw } from '../../support/s390x-vm.js';

const contextOf = (vm: S390xVm) => {
  const vcpu = vm.vcpus.get(0);
  if (vcpu === undefined) throw new Error('the VM has vCPU 0');
  return accessContext(vm, vcpu);
};

describe('facilities', () => {
  it('a VM has those of its machine', () => {
    const vm = buildVm({ facilities: [8, 130] });
    expect([8, 78, 130].map((n) => hasFacility(vm, n))).toEqual([true, false, true]);
  });
});

describe('what an access takes from the vCPU', () => {
  const cr0 = (bits: number, facilities: number[]) =>
    contextOf(buildVm({ facilities, registers: { crs: { 0: BigInt(bits) } } }));

  it.each([
    ['CR0 bit 40 and facility 8', CR0.enhancedDat, [8], true, false],
    ['CR0 bit 40, facilities 8 and 78', CR0.enhancedDat, [8, 78], true, true],
    ['CR0 bit 40 without facility 8', CR0.enhancedDat, [78], false, false],
    ['facilities 8 and 78 without CR0 bit 40', 0, [8, 78], false, false],
  ])('enhanced DAT: %s', (_name, bits, facilities, edat1, edat2) => {
    expect(cr0(bits, facilities)).toMatchObject({ edat1, edat2 });
  });

  it.each([
    ['CR0 bit 43 and facility 130', CR0.instructionExecutionProtection, [130], true],
    ['CR0 bit 43 without facility 130', CR0.instructionExecutionProtection, [8], false],
    ['facility 130 without CR0 bit 43', 0, [130], false],
  ])('instruction-execution protection: %s', (_name, bits, facilities, iep) => {
    expect(cr0(bits, facilities).iep).toBe(iep);
  });

  it.each([
    ['bit 35, low-address protection', 0x10000000, 'lowAddressProtection'],
    ['bit 38, fetch-protection override', 0x02000000, 'fetchProtectionOverride'],
    ['bit 39, storage-protection override', 0x01000000, 'storageProtectionOverride'],
  ] as const)('CR0 %s', (_name, bits, control) => {
    expect(cr0(bits, [])[control]).toBe(true);
    expect(cr0(~bits >>> 0, [])[control]).toBe(false);
  });

  it('DAT, address space, mode and prefix', () => {
    const registers = { psw: psw(PSW_MASK.dat, PSW_MASK.home, PSW_MASK.mode31), prefix: 0xffff7fff };
    expect(contextOf(buildVm({ registers }))).toMatchObject({
      dat: true,
      space: 3,
      mode: { high: 0, low: 0x7fffffff },
      prefixFrame: 0x7fff6,
    });
  });
});
