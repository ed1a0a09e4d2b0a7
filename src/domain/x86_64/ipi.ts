import type { Event } from '../vm/event.js';
import type { X86Vm } from '../vm/state.js';
import { IPI_MODES, type IpiMode, type PendingIpi } from './ipi-modes.js';
import type { X86Vcpu } from './vcpu.js';

const MODE_BY_NUMBER = new Map<number, IpiMode>(
  Object.entries(IPI_MODES).map(([name, number]) => [number, name as IpiMode]),
);

/** Fields of the interrupt command register. */
const ICR = { vector: 0xffn, logical: 1n << 11n, shorthand: 3n << 18n, assert: 1n << 14n, level: 1n << 15n };

/** RFLAGS.IF. */
const INTERRUPTS = 1n << 9n;

/** Whether a pending interrupt would be taken by, and wakes, the vCPU as it is. */
const isDeliverable = ({ mode }: PendingIpi, { registers }: X86Vcpu): boolean => {
  if (mode === 'nmi' || mode === 'smi') return true;
  return (mode === 'fixed' || mode === 'lowest_priority') && (registers.rflags & INTERRUPTS) !== 0n;
};

/** The pending interrupts that the vCPU takes when it runs: SMI and NMI first, then the highest vector. */
export const deliverable = (vcpu: X86Vcpu): readonly PendingIpi[] =>
  [...(vcpu.ipis ?? [])].filter((ipi) => isDeliverable(ipi, vcpu)).sort((a, b) => rank(b) - rank(a));

const rank = ({ mode, vector }: PendingIpi): number => (mode === 'smi' ? 512 : mode === 'nmi' ? 256 : vector);

/** The bits that are one in a bitmap of `width` bits, ascending. */
const bitsOf = (bitmap: bigint, width: number): number[] =>
  Array.from({ length: width }, (_, bit) => bit).filter((bit) => ((bitmap >> BigInt(bit)) & 1n) === 1n);

const U32 = 2 ** 32;

/** KVM_HC_SEND_IPI's arguments: bitmaps of APIC ids from `first` on, `width` bits each. */
export interface IpiRequest {
  readonly low: bigint;
  readonly high: bigint;
  readonly first: number;
  readonly icr: bigint;
  readonly width: 32 | 64;
}

/** The vCPU of an APIC id. */
export const vcpuOfApic = (vm: X86Vm, apicId: number): X86Vcpu | undefined =>
  [...vm.vcpus.values()].find(({ registers }) => registers.apicId === apicId);

/** Whether the interrupt command asks for what this call does not do: a shorthand or a logical destination. */
export const isUnsupportedIcr = (icr: bigint): boolean => (icr & (ICR.shorthand | ICR.logical)) !== 0n;

function accepted(vcpu: X86Vcpu, ipi: PendingIpi): Event[] {
  const wakes = vcpu.mpState === 'halted' && isDeliverable(ipi, vcpu);
  return [
    { type: 'ipi_accepted', vcpu: vcpu.id, ...ipi },
    ...(wakes ? [{ type: 'vcpu_woken', vcpu: vcpu.id } as const] : []),
  ];
}

/**
 * Sends an interrupt to every vCPU whose APIC id is in the bitmaps (kvm_pv_send_ipi). APIC ids that nothing has are skipped.
 *
 * @returns how many accepted it, and the facts. An INIT that is level-triggered and not asserted is accepted by none.
 */
export function sendIpi(vm: X86Vm, { low, high, first, icr, width }: IpiRequest): { count: number; facts: Event[] } {
  const mode = MODE_BY_NUMBER.get(Number((icr >> 8n) & 7n));
  const deasserts = (icr & ICR.level) !== 0n && (icr & ICR.assert) === 0n;
  if (mode === undefined || (mode === 'init' && deasserts)) return { count: 0, facts: [] };
  const vector = mode === 'nmi' || mode === 'smi' || mode === 'init' ? 0 : Number(icr & ICR.vector);
  const ids = [...bitsOf(low, width), ...bitsOf(high, width).map((bit) => bit + width)];
  const targets = ids.flatMap((bit) => vcpuOfApic(vm, (first + bit) % U32) ?? []);
  return { count: targets.length, facts: targets.flatMap((vcpu) => accepted(vcpu, { mode, vector })) };
}

/** KVM_HC_KICK_CPU: the vCPU of an APIC id wakes, or will not sleep the next time it halts. */
export function kick(vm: X86Vm, apicId: number): Event[] {
  const vcpu = vcpuOfApic(vm, apicId);
  if (vcpu === undefined) return [];
  return [{ type: vcpu.mpState === 'halted' ? 'vcpu_woken' : 'vcpu_kicked', vcpu: vcpu.id }];
}
