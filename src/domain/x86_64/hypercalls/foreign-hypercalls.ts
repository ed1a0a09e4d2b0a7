import type { X86Vm } from '../../vm/state.js';
import { INTERCEPT_HCALL } from '../model/capabilities.js';
import { exception } from '../vcpu/exceptions.js';
import { exit } from '../vcpu/exits.js';
import { type Outcome } from '../../introspection/sending.js';
import { raise } from '../vcpu/guest-context.js';
import type { Call } from './hypercall-context.js';
import { isXenHvmOp } from './hypercalls.js';
import { HYPERV_GUEST_ID } from '../vcpu/msrs.js';

/** CR0.PE. */
const PROTECTED_MODE = 1n;

const isXen = ({ capabilityValues }: X86Vm): boolean => ((capabilityValues?.xen_hvm ?? 0n) & INTERCEPT_HCALL) !== 0n;

/** Whether the guest told Hyper-V's interface who it is, which is the same for all vCPUs (kvm_hv_hypercall_enabled). */
const isHyperv = ({ capabilities, vcpus }: X86Vm): boolean =>
  (capabilities?.includes('hyperv') ?? false) &&
  [...vcpus.values()].some(({ msrs }) => (msrs?.get(HYPERV_GUEST_ID) ?? 0n) !== 0n);

/** Bit 31 of EAX tells a Hyper-V call from a Xen call where both are enabled. */
const HYPERV_CALL = 0x80000000n;

/** Xen's arguments are in rdi, rsi, rdx, r10, r8 and r9, or ebx, ecx, edx, esi, edi and ebp (kvm_xen_hypercall). */
function xen({ vcpu: { registers: r }, wide, cpl, nr }: Call): Outcome {
  const params = wide
    ? [r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9]
    : [r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp].map((value) => value & 0xffffffffn);
  const fields = { type: 'hcall', longMode: wide ? 1 : 0, cpl, input: nr, params, result: 0n };
  return { facts: [], reply: { exit: exit('xen', fields) } };
}

/** Hyper-V's call code is in rcx, its parameters in rdx and r8, or in pairs of 32-bit registers (kvm_hv_hypercall). */
function hyperv({ vcpu, wide, cpl }: Call): Outcome {
  const { registers: r } = vcpu;
  if (cpl !== 0 || (r.cr0 & PROTECTED_MODE) === 0n) return raise(vcpu, exception('invalid_opcode'));
  const pair = (high: bigint, low: bigint): bigint => ((high & 0xffffffffn) << 32n) | (low & 0xffffffffn);
  const [input, ...params] = wide ? [r.rcx, r.rdx, r.r8] : [pair(r.rdx, r.rax), pair(r.rbx, r.rcx), pair(r.rdi, r.rsi)];
  return { facts: [], reply: { exit: exit('hyperv', { type: 'hcall', input, params, result: 0n }) } };
}

/**
 * What Xen's or Hyper-V's interface makes of a call, where the VM has one enabled and the number is not XEN_HVM_OP: user space
 * answers it. Undefined if the call is KVM's.
 */
export function foreignHypercall(call: Call): Outcome | undefined {
  const { vm, nr } = call;
  if (isXenHvmOp(nr)) return undefined;
  if (isXen(vm)) return (nr & HYPERV_CALL) !== 0n && isHyperv(vm) ? hyperv(call) : xen(call);
  return isHyperv(vm) ? hyperv(call) : undefined;
}
