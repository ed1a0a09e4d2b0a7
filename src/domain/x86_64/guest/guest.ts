import { type Outcome, type Pass, NO_PASS, settle } from '../../introspection/sending.js';
import { type X86Instruction, isX86Instruction } from '../../shapes/x86-guest.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import type { X86Vm } from '../../vm/state.js';
import { entered } from '../vcpu/enter.js';
import { SHUTDOWN } from '../vcpu/exits.js';
import { fetch, load, store } from './guest-access.js';
import type { Execute, X86GuestCommand } from '../vcpu/guest-context.js';
import { descriptorAccess, hlt, int3, movToCr, rdmsr, wrmsr, xsetbv } from './guest-system.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

const INSTRUCTIONS: { readonly [Name in X86Instruction]: Execute } = {
  load,
  store,
  fetch,
  mov_to_cr: movToCr,
  wrmsr,
  rdmsr,
  xsetbv,
  int3,
  hlt,
  lidt: descriptorAccess('idtr', 1),
  sidt: descriptorAccess('idtr', 0),
  lgdt: descriptorAccess('gdtr', 1),
  sgdt: descriptorAccess('gdtr', 0),
  lldt: descriptorAccess('ldtr', 1),
  sldt: descriptorAccess('ldtr', 0),
  ltr: descriptorAccess('tr', 1),
  str: descriptorAccess('tr', 0),
};

/** Executes an instruction that the model knows. */
export const executeX86 = (vm: X86Vm, vcpu: X86Vcpu, command: X86GuestCommand, pass: Pass): Outcome =>
  isX86Instruction(command.instruction) ? INSTRUCTIONS[command.instruction](vm, vcpu, command, pass) : { facts: [] };

/**
 * What the guest does itself. Reply: `data` or `value` of what reads, `exception` that it raised, `exit` where user space has
 * to go on, `waiting` for the number of the event that must be replied to first. Registers change where the instruction is
 * about them; RIP stays.
 *
 * ENOENT: no such vCPU; EBUSY: it waits for the reply to an event; EAGAIN: it was not started yet; EOPNOTSUPP: an instruction
 * that is not known.
 */
export const x86Guest: Decider<'x86_guest', X86Vm> = (vm, command) => {
  const verdict = consult(vm, { type: 'x86_guest', vcpu: command.vcpu });
  if (verdict.refused) return refused(verdict.refused);
  if (!isX86Instruction(command.instruction)) return refused('EOPNOTSUPP');
  if (vm.regions.health === 'crashed') return done([], { exit: SHUTDOWN });
  const { vm: now, vcpu, facts } = entered(vm, command.vcpu);
  const outcome = settle(now, executeX86(now, vcpu, command, NO_PASS), command);
  return done([...facts, ...outcome.facts], outcome.reply);
};
