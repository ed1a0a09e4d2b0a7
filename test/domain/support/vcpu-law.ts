import type { Interrupt, IrqRequest } from '../../../src/domain/shapes/s390x-interrupt.js';
import { localInterrupt } from '../../../src/domain/s390x/interrupts/interrupt.js';
import { VCPU_COMMANDS, type VcpuLawEvent } from '../../../src/domain/vm/law/law-vcpu.js';

const irqs: readonly IrqRequest[] = [
  { type: 'restart' },
  { type: 'sigp_stop', flags: [2n] },
  { type: 'sigp_set_prefix', address: 0x2000 },
  { type: 'int_emergency', code: 9 },
  { type: 'int_virtio' },
];

const local = (irq: IrqRequest): Interrupt | undefined => localInterrupt(irq);
const segment = { userAddr: 0n, vcpuAddr: 0n, length: 1n << 20n };

/** Every command on a vCPU, with its arguments in the ways that the guards tell apart. */
export const vcpuLawEvents: readonly VcpuLawEvent[] = [0, 1].flatMap((vcpu): VcpuLawEvent[] => [
  ...VCPU_COMMANDS.map((type) => ({ type, vcpu })),
  ...[true, false].map((immediateExit) => ({ type: 'run_vcpu' as const, vcpu, immediateExit, regs: 0n })),
  ...(['stopped', 'operating', 'load', 9] as const).map((mpState) => ({
    type: 'set_mp_state' as const,
    vcpu,
    mpState,
    ultravisorRefuses: vcpu === 1,
  })),
  { type: 'set_initial_psw', vcpu, readable: true },
  ...irqs.map((irq) => ({ type: 'inject_irq' as const, vcpu, irq, local: local(irq) })),
  { type: 'get_irq_state', vcpu, length: 72 },
  { type: 'set_irq_state', vcpu, length: 72, entries: 1 },
  { type: 'pre_fault_memory', vcpu, gpa: 0n, size: 4096n, flags: 0n },
  { type: 'vcpu_fault', vcpu, addr: 0n },
  { type: 'ucas_map', vcpu, mapping: segment },
  { type: 'ucas_unmap', vcpu, mapping: { ...segment, length: 1n } },
]);
