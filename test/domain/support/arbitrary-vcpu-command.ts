import fc from 'fast-check';
import { ONE_REGS } from '../../../src/domain/s390x/vcpu/one-reg.js';
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

const floating = fc.record({
  type: oneOf<unknown>('int_service', 'int_virtio', 'pfault_done', 'mchk', 'int_io', 0x04000000, 0xfffe0000),
  parm: oneOf('0x0', '0x1', '0x3', '0x2008', '0x10010003', '0xffffffff'),
  parm64: oneOf('0x0', '0x1238000000', '0x40000000', '0x10000000'),
});

const vectors = fc.record(
  {
    fprs: fc.record({ '0': address, '15': address }, { requiredKeys: [] }),
    vrs: fc.record({ '0': address, '31': address }, { requiredKeys: [] }),
    bpbc: fc.boolean(),
    etoken: address,
    gscb: fc.record({ gsd: address, gssm: address, gsEpl: address }),
    riccb: oneOf('0'.repeat(128), '1'.repeat(128)),
  },
  { requiredKeys: [] },
);

const masks = fc.record({
  psw: fc.record({ mask: oneOf('0x0', '0x304000180000000', '0x100008180000000', '0x304000180000000'), addr: address }),
  crs: fc.record({ '0': oneOf('0xe0', '0x6e00'), '6': oneOf('0x0', '0xff000000'), '14': oneOf('0x0', '0xffffffff') }),
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
  fc.record({ type: fc.constant('set_registers'), vcpu, registers: vectors }),
  fc.record({ type: fc.constant('inject_irq'), vcpu, irq }),
  fc.record({ type: fc.constant('inject_vm_irq'), irq: floating }),
  fc.record({ type: fc.constant('inject_vm_irq') }),
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
