import type { Event } from '../../vm/facts/event.js';
import { changed } from '../../vm/rules.js';
import type { X86Vm } from '../../vm/state.js';
import { IPI_MODES, type IpiMode, type PendingIpi } from '../vcpu/ipi-modes.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

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

/** The delivery mode by which the host kicks a vCPU (APIC_DM_REMRD): no interrupt comes of it. */
const REMOTE_READ = 3;

/** Delivery modes in which a level-triggered interrupt has to be asserted (__apic_accept_irq). */
const ASSERTED: readonly (IpiMode | undefined)[] = ['fixed', 'lowest_priority', 'init'];

/** What a kick comes to: the vCPU wakes, or will not sleep the next time it halts. */
const kicked = ({ id, mpState }: X86Vcpu): Event => ({
  type: mpState === 'halted' ? 'vcpu_woken' : 'vcpu_kicked',
  vcpu: id,
});

/** The APIC ids of a request. Only where the second bitmap begins is counted modulo 2^32 (__pv_send_ipi). */
function apicIdsOf(vm: X86Vm, { low, high, first, width }: IpiRequest): number[] {
  const second = (first + width) % U32;
  const ids = [...bitsOf(low, width).map((bit) => first + bit), ...bitsOf(high, width).map((bit) => second + bit)];
  return changed(vm, 'ipiAcceptance') ? ids : ids.map((id) => id % U32);
}

/**
 * Sends an interrupt to every vCPU whose APIC id is in the bitmaps (kvm_pv_send_ipi). APIC ids that nothing has are skipped.
 *
 * @returns how many accepted it, and the facts. One that is level-triggered and not asserted is accepted by none, unless it
 *   is an NMI, an SMI or a start-up.
 */
export function sendIpi(vm: X86Vm, request: IpiRequest): { count: number; facts: Event[] } {
  const { icr } = request;
  const number = Number((icr >> 8n) & 7n);
  const mode = MODE_BY_NUMBER.get(number);
  const asToday = changed(vm, 'ipiAcceptance');
  const targets = apicIdsOf(vm, request).flatMap((id) => vcpuOfApic(vm, id) ?? []);
  if (number === REMOTE_READ && asToday) return { count: targets.length, facts: targets.map(kicked) };
  const deasserts = (icr & ICR.level) !== 0n && (icr & ICR.assert) === 0n;
  const refused = deasserts && (asToday ? ASSERTED.includes(mode) : mode === 'init');
  if (mode === undefined || refused) return { count: 0, facts: [] };
  const vector = mode === 'nmi' || mode === 'smi' || mode === 'init' ? 0 : Number(icr & ICR.vector);
  return { count: targets.length, facts: targets.flatMap((vcpu) => accepted(vcpu, { mode, vector })) };
}

/** KVM_HC_KICK_CPU: the vCPU of an APIC id wakes, or will not sleep the next time it halts. */
export function kick(vm: X86Vm, apicId: number): Event[] {
  const vcpu = vcpuOfApic(vm, apicId);
  return vcpu === undefined ? [] : [kicked(vcpu)];
}
