import { isHeard } from '../../introspection/sending.js';
import { documented } from '../../vm/semantics.js';
import type { X86Vm } from '../../vm/state.js';
import { EXIT_MAP_GPA_RANGE } from '../model/capabilities.js';
import { clockPairing } from './clock-pairing.js';
import { exit } from '../vcpu/exits.js';
import { type Answer, ENOSYS, type Implementation } from './hypercall-context.js';
import { isUnsupportedIcr, kick, sendIpi } from './ipi.js';
import { memMap, memUnmap } from './mem-map.js';
import { operandOf } from '../vcpu/mode.js';

/** Bits of CPUID 0x40000001 EAX that calls need (KVM_FEATURE_*). */
const FEATURES = { pv_unhalt: 7, pv_send_ipi: 11, pv_sched_yield: 13 } as const;

/** A hypercall that x86 has. */
interface Hypercall {
  readonly name: string;
  /** What the vCPU's CPUID must tell, if the VM has that enforced (guest_pv_has). */
  readonly needs?: keyof typeof FEATURES;
  readonly call: Implementation;
}

const nothing: Implementation = () => ({ result: 0 });

const kickCpu: Implementation = ({ vm, args: [, apicId] }) => ({ facts: kick(vm, Number(apicId & 0xffffffffn)) });

const sendIpis: Implementation = ({ vm, wide, args: [low, high, first, icr] }) => {
  if (isUnsupportedIcr(icr)) return { code: 'KVM_EINVAL' };
  const request = { low, high, first: Number(first & 0xffffffffn), icr, width: wide ? 64 : 32 } as const;
  const { count, facts } = sendIpi(vm, request);
  return { result: count, facts };
};

const FRAME_MASK = 0xfffn;

/** Whether frames from that of an address on would end at or before it, in 64-bit arithmetic. */
const wraps = (gpa: bigint, pages: bigint): boolean => BigInt.asUintN(64, (gpa >> 12n) + pages) <= gpa >> 12n;

/**
 * KVM_HC_MAP_GPA_RANGE(a0 = guest address, a1 = pages, a2 = attributes): user space answers. ENOSYS unless the exit was
 * enabled; EINVAL for an address inside a page, no pages, or a range that wraps. Attributes are not looked at.
 */
const mapGpaRange: Implementation = ({ vm, wide, args: [gpa, pages, attributes] }) => {
  if (((vm.capabilityValues?.exit_hypercall ?? 0n) & EXIT_MAP_GPA_RANGE) === 0n) return ENOSYS;
  if ((gpa & FRAME_MASK) !== 0n || pages === 0n || wraps(gpa, pages)) return { code: 'KVM_EINVAL' };
  const args = [gpa, pages, attributes, 0n, 0n, 0n];
  return { exit: exit('hypercall', { nr: 12n, args, ret: 0n, flags: wide ? 1n : 0n }) };
};

/** KVM_HC_XEN_HVM_OP_GUEST_REQUEST_VM_EVENT. */
const GUEST_REQUEST_VM_EVENT = 24n;

/**
 * KVM_HC_XEN_HVM_OP: an agent in the guest signals the tool. Its operands are in rdi and rsi, or ebx and ecx (vmi-hypercalls
 * section 3). Without a tool that listens it is 0 by the documents, ENOSYS by the code (kvmi_hypercall_event).
 */
const xenHvmOp: Implementation = ({ vm, vcpu, wide, args: [a0, a1] }) => {
  const { rdi, rsi } = vcpu.registers;
  const [operation, second] = wide ? [rdi, rsi] : [a0, a1];
  if (!vm.host.introspection || operation !== GUEST_REQUEST_VM_EVENT || second !== 0n) return ENOSYS;
  if (isHeard(vm, vcpu, 'hypercall')) return { told: { event: 'hypercall', details: {} } };
  return documented(vm, 'hvmOpUnheard') ? { result: 0 } : ENOSYS;
};

/** The number that goes past Xen, Hyper-V and the check of CPL, by its lower 32 bits. */
const XEN_HVM_OP = 34n;

/** The numbers that x86 has (kvm/x86/hypercalls.rst, uapi/linux/kvm_para.h); any other is ENOSYS. */
export const HYPERCALLS: ReadonlyMap<bigint, Hypercall> = new Map<bigint, Hypercall>([
  [1n, { name: 'vapic_poll_irq', call: nothing }],
  [5n, { name: 'kick_cpu', needs: 'pv_unhalt', call: kickCpu }],
  [9n, { name: 'clock_pairing', call: clockPairing }],
  [10n, { name: 'send_ipi', needs: 'pv_send_ipi', call: sendIpis }],
  [11n, { name: 'sched_yield', needs: 'pv_sched_yield', call: nothing }],
  [12n, { name: 'map_gpa_range', call: mapGpaRange }],
  [32n, { name: 'mem_map', call: memMap }],
  [33n, { name: 'mem_unmap', call: memUnmap }],
  [XEN_HVM_OP, { name: 'xen_hvm_op', call: xenHvmOp }],
]);

export const isXenHvmOp = (nr: bigint): boolean => operandOf(nr, false) === XEN_HVM_OP;

/** Registers that the guest must not rely on after XEN_HVM_OP, by mode. */
export const CLOBBERED = { wide: ['rdx', 'r10', 'r8', 'r9'], narrow: ['edx', 'esi', 'edi', 'ebp'] } as const;

/** Whether the vCPU has what a call needs; unless it is enforced, everything can be called. */
function isOffered({ host, capabilityValues }: X86Vm, needs: Hypercall['needs']): boolean {
  if (needs === undefined || !capabilityValues?.enforce_pv_feature_cpuid) return true;
  return ((host.kvmPvFeatures >>> FEATURES[needs]) & 1) === 1;
}

/** CPL, then number: what KVM itself makes of a call (__kvm_emulate_hypercall). */
export function dispatch(call: Parameters<Implementation>[0]): Answer {
  if (call.cpl !== 0 && !isXenHvmOp(call.nr)) return { code: 'KVM_EPERM' };
  const hypercall = HYPERCALLS.get(call.nr);
  return hypercall && isOffered(call.vm, hypercall.needs) ? hypercall.call(call) : ENOSYS;
}
