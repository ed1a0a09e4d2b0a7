import fc from 'fast-check';
import { ONE_REGS } from '../../../src/domain/s390x/one-reg.js';
import { IRQ_TYPES } from '../../../src/domain/shapes/s390x-interrupt.js';

const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const hex = (value: bigint): string => `0x${value.toString(16)}`;

const vcpu = oneOf(0, 0, 0, 1);
const address = oneOf('0x0', '0x1000', '0x2000', '0x100000', '0x200000', '0x2ff000', '0x300000', '0xfffffffffffffffe');

const irq = fc.record(
  {
    type: oneOf<unknown>(...Object.keys(IRQ_TYPES), 0xfffe0000, 5),
    code: oneOf(0, 1, 4, 0x11, 0x80, 0x91, 248),
    address: oneOf(0, 0x2000, 0x7fffffff),
    flags: oneOf<unknown>([], ['store_status'], 3, 8, 256),
    mcic: oneOf('0x0', '0x8000000000000000', '0x400000000000000'),
    cr14: oneOf('0x0', '0x80000000'),
    perCode: oneOf(0, 1),
  },
  { requiredKeys: ['type'] },
);

const masks = fc.record({
  psw: fc.record({ mask: oneOf('0x0', '0x304000180000000', '0x100008180000000'), addr: address }),
  crs: fc.record({ '0': oneOf('0xe0', '0x6c00'), '14': oneOf('0x0', '0xffffffff') }),
  prefix: oneOf(0, 0x2000, 0x2fe000, 0x300000),
});

const registerId = oneOf(...ONE_REGS.keys(), 0n).map(hex);
const mapping = fc.record({
  userAddr: oneOf('0x0', '0x100000', '0x1'),
  vcpuAddr: oneOf('0x0', '0x100000', '0x300000'),
  length: oneOf('0x0', '0x100000', '0x200000'),
});

/** Commands on a vCPU that is run, interrupted, reset and looked into. */
export const vcpuCommand: fc.Arbitrary<object> = fc.oneof(
  fc.record({ type: fc.constant('run_vcpu'), vcpu, immediateExit: oneOf(false, false, true) }),
  fc.record({ type: fc.constant('set_registers'), vcpu, registers: masks }),
  fc.record({ type: fc.constant('inject_irq'), vcpu, irq }),
  fc.record({ type: fc.constant('set_irq_state'), vcpu, interrupts: fc.array(irq, { maxLength: 4 }) }),
  fc.record({ type: fc.constant('get_irq_state'), vcpu, len: oneOf(0, 72, 720) }),
  fc.record({ type: fc.constant('get_mp_state'), vcpu }),
  fc.record({ type: fc.constant('set_mp_state'), vcpu, mpState: oneOf<unknown>('stopped', 'operating', 'load', 6, 1) }),
  fc.record({ type: fc.constant('reset_vcpu'), vcpu, reset: oneOf('normal', 'initial', 'clear') }),
  fc.record({ type: fc.constant('store_status'), vcpu, addr: address }),
  fc.record({ type: fc.constant('set_initial_psw'), vcpu, psw: fc.record({ mask: address, addr: address }) }),
  fc.record({ type: fc.constant('get_one_reg'), vcpu, id: registerId }),
  fc.record({ type: fc.constant('set_one_reg'), vcpu, id: registerId, value: address }),
  fc.record({ type: fc.constant('pre_fault_memory'), vcpu, gpa: address, size: oneOf('0x0', '0x1000', '0x200000') }),
  fc.record({ type: fc.constant('vcpu_fault'), vcpu, addr: address }),
  fc.record({ type: oneOf('ucas_map', 'ucas_unmap'), vcpu, mapping }),
);
