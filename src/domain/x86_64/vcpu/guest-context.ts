import type { Outcome, Pass } from '../../introspection/sending.js';
import type { CommandOf } from '../../vm/command.js';
import type { Event } from '../../vm/facts/event.js';
import type { X86Vm } from '../../vm/state.js';
import { type Exception, exception } from './exceptions.js';
import type { X86Vcpu } from './vcpu.js';

/** An instruction of the guest's with its operands. */
export type X86GuestCommand = CommandOf<'x86_guest'>;

/** How an instruction is executed. `pass` is what a tool that was told of it let through. */
export type Execute = (vm: X86Vm, vcpu: X86Vcpu, command: X86GuestCommand, pass: Pass) => Outcome;

/** The instruction raises an exception; a page fault's address goes to CR2. */
export function raise({ id }: X86Vcpu, raised: Exception, facts: readonly Event[] = []): Outcome {
  const { address } = raised;
  const cr2: Event[] =
    address === undefined ? [] : [{ type: 'x86_registers_set', vcpu: id, registers: { cr2: address } }];
  return { facts: [...facts, ...cr2], reply: { exception: raised } };
}

export const generalProtection = (vcpu: X86Vcpu): Outcome => raise(vcpu, exception('general_protection'));

export const invalidOpcode = (vcpu: X86Vcpu): Outcome => raise(vcpu, exception('invalid_opcode'));

export const isPrivileged = ({ registers }: X86Vcpu): boolean => registers.cs.dpl === 0;
