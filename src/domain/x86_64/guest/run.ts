import { type Outcome, isHeard, settle } from '../../introspection/sending.js';
import type { EventDetails } from '../../shapes/kvmi.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { X86Vm } from '../../vm/state.js';
import { entered } from '../vcpu/enter.js';
import { EXCEPTIONS, hasErrorCode } from '../vcpu/exceptions.js';
import { SHUTDOWN } from '../vcpu/exits.js';
import { deliverable } from '../hypercalls/ipi.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

/** An injected exception goes into the guest, and the tool is told what came of it (kvmi_inject_pending_exception). */
function trap(
  vcpu: X86Vcpu,
  { vector, errorCode = 0, address = 0n }: NonNullable<NonNullable<X86Vcpu['introspection']>['injection']>,
): Outcome {
  const faults = vector === EXCEPTIONS.page_fault;
  const cr2 = faults ? address : vcpu.registers.cr2;
  const facts: Event[] = faults ? [{ type: 'x86_registers_set', vcpu: vcpu.id, registers: { cr2 } }] : [];
  const details: EventDetails = { vector, errorCode: hasErrorCode(vector) ? errorCode : 0, address: cr2 };
  return { facts, told: { event: 'trap', details } };
}

/**
 * What a run comes to: first the exception that the tool injected is told, then each PAUSE_VCPU, one event at a time; then
 * pending interrupts are taken. No instruction is executed. Reply: `delivered`, where there were some.
 */
export function goOn(vm: X86Vm, vcpu: X86Vcpu): Outcome {
  const { injection, pauses = 0 } = vcpu.introspection ?? {};
  if (injection !== undefined && vcpu.mpState !== 'halted') return trap(vcpu, injection);
  if (pauses > 0 && isHeard(vm, vcpu, 'pause_vcpu')) return { facts: [], told: { event: 'pause_vcpu', details: {} } };
  const taken = deliverable(vcpu);
  if (taken.length === 0) return { facts: [] };
  const ipis = taken.map(({ mode, vector }) => ({ mode, vector }));
  return { facts: [{ type: 'ipis_taken', vcpu: vcpu.id, ipis }], reply: { delivered: ipis } };
}

/**
 * KVM_RUN. An exit that waits for user space is answered first, with 0 unless `hypercall` says otherwise. Reply: `delivered`,
 * `waiting` for the number of an event of the tool's, or `exit` once the VM crashed.
 *
 * ENOENT: no such vCPU; EBUSY: it waits for the reply to an event; EINTR with `immediateExit`; EAGAIN: it was not started
 * yet; EINVAL for registers that kvm_run cannot carry.
 */
export const runX86Vcpu: Decider<'run_vcpu', X86Vm> = (vm, command) => {
  const { vcpu: id, immediateExit = false, validRegs = 0n, dirtyRegs = 0n } = command;
  const verdict = consult(vm, { type: 'run_vcpu', vcpu: id, immediateExit, regs: validRegs | dirtyRegs });
  if (verdict.refused) return refused(verdict.refused);
  if (vm.regions.health === 'crashed') return done([], { exit: SHUTDOWN });
  const { vm: now, vcpu, facts } = entered(vm, id, { ret: command.hypercall?.ret ?? 0n, wakes: false });
  const outcome = settle(now, goOn(now, vcpu), command);
  return done([...facts, ...outcome.facts], outcome.reply);
};
