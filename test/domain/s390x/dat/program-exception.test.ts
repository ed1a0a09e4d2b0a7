import { accessContext } from '../../../../src/domain/s390x/dat/access-context.js';
import { STOPS, type StopReason, codeOf, fault, reasonOf } from '../../../../src/domain/s390x/dat/fault.js';
import { programException } from '../../../../src/domain/s390x/dat/logical-access.js';
import { PGM, type ProgramExceptionName, nameOf } from '../../../../src/domain/s390x/dat/program-exception.js';
import { newVcpu } from '../../../../src/domain/s390x/vcpu/vcpu.js';
import { PSW_MASK, buildVm, psw } from '../../support/s390x-vm.js';

const contextIn = (space: bigint) => {
  const vm = buildVm({ registers: { psw: psw(PSW_MASK.dat, PSW_MASK.mode64, space) } });
  return accessContext(vm, vm.vcpus.get(0) ?? newVcpu(0));
};

const raised = (value: number, { store = false, terminated = false, space = 0n } = {}) =>
  programException(contextIn(space), { fault: value, high: 0x12345678, low: 0x9abcdef0 }, { ar: 5, store, terminated });

describe('faults', () => {
  it('hold the reason and the code of the program interruption', () => {
    for (const reason of Object.keys(STOPS) as StopReason[]) {
      for (const name of Object.keys(PGM) as ProgramExceptionName[]) {
        const value = fault(reason, name);
        expect(value).toBeLessThan(0);
        expect([reasonOf(value), codeOf(value), nameOf(codeOf(value))]).toEqual([reason, PGM[name].code, name]);
      }
    }
  });

  it('a code that no access raises has no name', () => {
    expect(() => nameOf(0x01)).toThrow(RangeError);
  });
});

describe('what an exception says, code by code', () => {
  const table: readonly [ProgramExceptionName, number, boolean, boolean][] = [
    ['protection', 0x04, true, true],
    ['addressing', 0x05, false, false],
    ['segment_translation', 0x10, true, true],
    ['page_translation', 0x11, true, true],
    ['translation_specification', 0x12, false, false],
    ['alet_specification', 0x28, false, false],
    ['alen_translation', 0x29, false, true],
    ['ale_sequence', 0x2a, false, true],
    ['aste_validity', 0x2b, false, true],
    ['aste_sequence', 0x2c, false, true],
    ['extended_authority', 0x2d, false, true],
    ['asce_type', 0x38, true, true],
    ['region_first_translation', 0x39, true, true],
    ['region_second_translation', 0x3a, true, true],
    ['region_third_translation', 0x3b, true, true],
  ];

  it.each(table)('%s, 0x%x: TEID %s, access id %s', (name, code, teid, accessId) => {
    const exception = raised(fault('entry_invalid', name));
    expect(exception).toEqual({
      code,
      name,
      ...(teid && { transExcCode: 0x123456789abcd800n }),
      ...(accessId && { excAccessId: 5 }),
    });
  });

  it.each([
    [0x10, true],
    [0x11, true],
    [0x38, true],
    [0x39, true],
    [0x3a, true],
    [0x3b, true],
    [0x29, true],
    [0x2a, true],
    [0x2b, true],
    [0x2c, true],
    [0x2d, true],
    [0x04, false],
    [0x05, false],
    [0x12, false],
    [0x28, false],
  ])('code 0x%x nullifies: %s', (code, nullifies) => {
    expect(PGM[nameOf(code)].nullifies).toBe(nullifies);
  });
});

describe('the TEID', () => {
  const PAGE = 0x123456789abcd000n;

  it.each<[string, StopReason, bigint]>([
    ['low-address protection: bit 56', 'low_address_protection', 0x80n],
    ['key-controlled protection: bit 60', 'key_protection', 0x08n],
    ['access-list-controlled protection: bits 60 and 61', 'fetch_only', 0x0cn],
    ['DAT protection: bit 61', 'dat_protection', 0x04n],
  ])('of a store, %s', (_name, reason, bits) => {
    expect(raised(fault(reason, 'protection'), { store: true }).transExcCode).toBe(PAGE | 0x400n | bits);
  });

  it('of a fetch has access indication 2', () => {
    expect(raised(fault('key_protection', 'protection')).transExcCode).toBe(PAGE | 0x808n);
  });

  it('of instruction-execution protection: bits 56 and 61, a fetch even beside a store', () => {
    const value = fault('instruction_execution_protection', 'protection');
    expect(raised(value).transExcCode).toBe(PAGE | 0x884n);
    expect(raised(value, { store: true }).transExcCode).toBe(PAGE | 0x884n);
  });

  it('of a terminated store has none of the bits', () => {
    const value = fault('key_protection', 'protection');
    expect(raised(value, { store: true, terminated: true }).transExcCode).toBe(PAGE | 0x400n);
  });

  it.each([
    ['primary', 0n, 0n],
    ['access register', PSW_MASK.access_register, 1n],
    ['secondary', PSW_MASK.secondary, 2n],
    ['home', PSW_MASK.home, 3n],
  ])('has the address space in bits 62-63: %s', (_name, space, bits) => {
    const value = fault('entry_invalid', 'page_translation');
    expect(raised(value, { store: true, space }).transExcCode).toBe(PAGE | 0x400n | bits);
  });
});
