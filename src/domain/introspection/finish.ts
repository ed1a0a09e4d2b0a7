import type { CommandOf } from '../vm/command.js';
import type { X86Vm } from '../vm/state.js';
import { executeX86 } from '../x86_64/guest/guest.js';
import { finishHypercall } from '../x86_64/hypercalls/hypercall.js';
import { goOn } from '../x86_64/guest/run.js';
import type { X86Vcpu } from '../x86_64/vcpu/vcpu.js';
import { frameOf } from '../memory/address.js';
import type { HeldCommand } from '../shapes/x86-held.js';
import type { Outcome, Pass, Replied } from './sending.js';
import type { Waiting } from './state.js';

/** How what was held goes on, by type of command. */
const FINISH: {
  readonly [Type in HeldCommand['type']]: (vm: X86Vm, vcpu: X86Vcpu, command: CommandOf<Type>, pass: Pass) => Outcome;
} = {
  x86_guest: executeX86,
  x86_hypercall: finishHypercall,
  run_vcpu: goOn,
};

/** The command that a vCPU holds, whole again. */
export const heldBy = ({ held, data }: Waiting): HeldCommand =>
  held.type === 'x86_guest' && data !== undefined ? { ...held, data } : held;

/** What the guest may do after a reply: an access that CONTINUE was said to is free of the page's access from then on. */
export function passAfter({ event, details, excused = [] }: Waiting, replied: Replied): Pass {
  const { gpa } = details;
  const frees = event === 'pf' && replied.action === 'continue' && gpa !== undefined;
  return { replied, excused: frees ? [...excused, frameOf(gpa)] : excused };
}

/** What a vCPU that waited comes to after a reply, in a VM in which it waits no more. */
export function finish(vm: X86Vm, vcpu: X86Vcpu, waiting: Waiting, pass: Pass): Outcome {
  const command = heldBy(waiting);
  const go = FINISH[command.type] as (vm: X86Vm, vcpu: X86Vcpu, command: HeldCommand, pass: Pass) => Outcome;
  return go(vm, vcpu, command, pass);
}
