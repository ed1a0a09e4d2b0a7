import { NO_PASS, type Outcome, settle } from '../../introspection/sending.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider, Peers } from '../../vm/decider.js';
import { type Counterpart, done, refused } from '../../vm/decision.js';
import type { X86Vm } from '../../vm/state.js';
import { changedRegisters } from '../vcpu/change-registers.js';
import { type Entered, entered, hypercallEnd, withVcpuState } from '../vcpu/enter.js';
import { SHUTDOWN } from '../vcpu/exits.js';
import { foreignHypercall } from './foreign-hypercalls.js';
import { type Answer, type Call, type HypercallCommand, resultOf } from './hypercall-context.js';
import { CLOBBERED, dispatch, isXenHvmOp } from './hypercalls.js';
import { presentedToken } from './mem-map.js';
import { is64Bit, operandOf } from '../vcpu/mode.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

const NOBODY: Peers = new Map();

/** The registers that a call's arguments are in (kvm/x86/hypercalls.rst). */
const ARGUMENTS = ['rbx', 'rcx', 'rdx', 'rsi'] as const;

/** What the request puts into registers before the call. */
function given({ nr, args, registers }: HypercallCommand) {
  const named = Object.fromEntries(args.map((value, i) => [ARGUMENTS[i] ?? 'rsi', value]));
  return { ...registers, ...named, rax: nr };
}

/** A call as the vCPU makes it: registers hold everything already. */
function callOf(vm: X86Vm, vcpu: X86Vcpu, command: HypercallCommand, peers: Peers): Call {
  const { registers } = vcpu;
  const wide = command.mode === undefined ? is64Bit(registers) : command.mode === 64;
  const [rbx, rcx, rdx, rsi] = ARGUMENTS.map((name) => operandOf(registers[name], wide));
  const args = [rbx ?? 0n, rcx ?? 0n, rdx ?? 0n, rsi ?? 0n] as const;
  return {
    vm,
    vcpu,
    command,
    wide,
    cpl: command.cpl ?? registers.cs.dpl,
    nr: operandOf(registers.rax, wide),
    args,
    peers,
  };
}

/** The end of a call: its result in rax, and what the answer says of it. */
function ended({ vcpu, wide, nr }: Call, answer: Answer): Outcome {
  const result = resultOf(answer);
  const registers = hypercallEnd(vcpu.registers, BigInt(result), wide);
  const { facts = [], code, cause } = answer;
  const clobbered = isXenHvmOp(nr) ? [...CLOBBERED[wide ? 'wide' : 'narrow']] : [];
  return {
    facts: [...facts, { type: 'x86_registers_set', vcpu: vcpu.id, registers }],
    reply: { rax: registers.rax, result, ...(code && { code }), ...(cause && { cause }), clobbered },
  };
}

/** A call that user space has to answer: the next run ends it. */
const exited = ({ vcpu, wide }: Call, reply: NonNullable<Outcome['reply']>): Outcome => ({
  facts: [{ type: 'hypercall_exited', vcpu: vcpu.id, wide }],
  reply: { ...reply, clobbered: [] },
});

function outcomeOf(call: Call): Outcome & { readonly counterparts?: readonly Counterpart[] } {
  const foreign = foreignHypercall(call);
  if (foreign !== undefined) return foreign.reply?.exit === undefined ? foreign : exited(call, foreign.reply);
  const answer = dispatch(call);
  const { facts = [], told, exit, counterparts = [] } = answer;
  if (told !== undefined) return { facts, told };
  return exit === undefined ? { ...ended(call, answer), counterparts } : exited(call, { exit });
}

/** What the tool's reply leaves of a call that it was told of: success. */
export const finishHypercall = (vm: X86Vm, vcpu: X86Vcpu, command: HypercallCommand): Outcome =>
  ended(callOf(vm, vcpu, command, NOBODY), { result: 0 });

/** The vCPU with what the request puts into its registers. */
function prepared({ vm, vcpu, facts }: Entered, command: HypercallCommand): Entered {
  const registers = given(command);
  const now = { ...vcpu, registers: changedRegisters(vcpu.registers, registers) };
  return {
    vm: withVcpuState(vm, now),
    vcpu: now,
    facts: [...facts, { type: 'x86_registers_set', vcpu: vcpu.id, registers }],
  };
}

/** The numbers whose commands take the host's clock as a fact, and the one that presents a token. */
const TIMED: ReadonlySet<bigint> = new Set([9n, 32n]);
const MEM_MAP = 32n;

const numberOf = ({ nr }: HypercallCommand): bigint => operandOf(nr, false);

/** Whether a call takes the host's clock. */
export const takesTime = (command: HypercallCommand): boolean => TIMED.has(numberOf(command));

/** The bytes of the token that a call presents on the state that it will be decided on, if they can be read. */
export function tokenBytes(vm: X86Vm, command: HypercallCommand): Uint8Array | undefined {
  if (numberOf(command) !== MEM_MAP || !vm.vcpus.has(command.vcpu)) return undefined;
  const { vm: now, vcpu } = prepared(entered(vm, command.vcpu), command);
  const [address] = callOf(now, vcpu, command, NOBODY).args;
  return presentedToken(now, vcpu, address).bytes;
}

/**
 * VMCALL or VMMCALL (__kvm_emulate_hypercall; vmi-hypercalls sections 1 to 3). Reply: `rax` and `result`, with `code` where it
 * is negative and `cause` of a failed mapping; `exit` where user space answers; `waiting` for the number of an event;
 * `clobbered`. What the guest gets is never a refusal.
 *
 * ENOENT: no such vCPU; EBUSY: it waits for the reply to an event; EAGAIN: it was not started yet.
 *
 * @param peers VMs that the call may concern, by id: that of the token which MEM_MAP presents
 */
export const hypercall: Decider<'x86_hypercall', X86Vm> = (vm, command, _past, peers) => {
  const verdict = consult(vm, { type: 'x86_hypercall', vcpu: command.vcpu });
  if (verdict.refused) return refused(verdict.refused);
  if (vm.regions.health === 'crashed') return done([], { exit: SHUTDOWN });
  const { vm: now, vcpu, facts } = prepared(entered(vm, command.vcpu), command);
  const { counterparts, ...outcome } = outcomeOf(callOf(now, vcpu, command, peers));
  const settled = settle(now, outcome, command, NO_PASS);
  const decision = done([...facts, ...settled.facts], settled.reply);
  return counterparts && counterparts.length > 0 ? { ...decision, counterparts } : decision;
};
