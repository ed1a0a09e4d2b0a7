import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { type Decision, type Reply, done, refused } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { X86Vm } from '../vm/state.js';
import { changedRegisters } from '../x86_64/vcpu/change-registers.js';
import { withVcpuState } from '../x86_64/vcpu/enter.js';
import { SHUTDOWN } from '../x86_64/vcpu/exits.js';
import type { X86Vcpu } from '../x86_64/vcpu/vcpu.js';
import { closeChannel } from './closing.js';
import { takesAction } from './events.js';
import { finish, heldBy, passAfter } from './finish.js';
import { type Replied, settle } from './sending.js';
import type { Waiting } from './state.js';

/** The vCPU that waits in an event. */
const waitingIn = ({ vcpus }: X86Vm, seq: number): X86Vcpu | undefined =>
  [...vcpus.values()].find(({ waiting }) => waiting?.seq === seq);

/** An answer of a call that was held: `resumed`, or `waiting` where the next event came first. */
const answered = (reply: Reply): Reply =>
  reply.waiting === undefined ? { resumed: { ret: 0, ...reply } } : { waiting: reply.waiting };

/** A reply that breaks the protocol: the channel closes, and the guest goes on as after CONTINUE. */
function broken(vm: X86Vm, { id }: X86Vcpu): Decision {
  const { facts, resumed } = closeChannel(vm);
  return done(facts, { channel: 'closed', resumed: resumed.get(id) });
}

/** The vCPU goes on: first with the registers that SET_REGISTERS left for this moment (kvmi_post_reply). */
function resume(vm: X86Vm, { waiting: _, ...vcpu }: X86Vcpu, waiting: Waiting, replied: Replied): Decision {
  const later = waiting.registers;
  const now = later === undefined ? vcpu : { ...vcpu, registers: changedRegisters(vcpu.registers, later) };
  const facts: Event[] = [
    { type: 'vcpu_event_answered', vcpu: vcpu.id },
    ...(later === undefined ? [] : [{ type: 'x86_registers_set' as const, vcpu: vcpu.id, registers: later }]),
  ];
  const pass = passAfter(waiting, replied);
  const after = withVcpuState(vm, now);
  const settled = settle(after, finish(after, now, waiting, pass), heldBy(waiting), pass);
  return done([...facts, ...settled.facts], { channel: 'open', ...answered(settled.reply) });
}

/**
 * The tool's reply to an event. Reply: `channel`, and `resumed`, the answer that the call would have had without introspection,
 * or `waiting` for the next event, or `exit` after CRASH. ENOENT if nothing waits for this reply.
 */
export const replyToEvent: Decider<'introspection_reply', X86Vm> = (vm, { type, seq, action, event, newValue }) => {
  const vcpu = waitingIn(vm, seq);
  const verdict = consult(vm, { type, waits: vcpu !== undefined });
  if (verdict.refused) return refused(verdict.refused);
  if (vcpu?.waiting === undefined) return refused('ENOENT');
  const { waiting } = vcpu;
  if ((event !== undefined && event !== waiting.event) || !takesAction(waiting.event, action)) return broken(vm, vcpu);
  if (action === 'crash') {
    const crash = consult(vm, { type: 'introspection_crash' });
    const facts: Event[] = [{ type: 'vcpu_event_answered', vcpu: vcpu.id }, ...(crash.refused ? [] : crash.facts)];
    return done(facts, { channel: 'open', exit: SHUTDOWN });
  }
  return resume(vm, vcpu, waiting, { event: waiting.event, action, ...(newValue !== undefined && { newValue }) });
};
