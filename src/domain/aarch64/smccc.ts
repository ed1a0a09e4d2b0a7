import { RANDOM_SIZE, type SmcccAction } from '../shapes/aarch64-smccc.js';
import type { Aarch64RegisterChanges } from '../shapes/aarch64-registers.js';
import type { CommandOf } from '../vm/command.js';
import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { type Reply, done, refused } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { Aarch64Vm } from '../vm/state.js';
import { firmwareOf } from './firmware.js';
import { type HostClock, RESULT, type SystemEvent, low32 } from './smccc-call.js';
import { actionOf } from './smccc-allowed.js';
import { implementationOf } from './smccc-calls.js';
import type { Aarch64Vcpu } from './vcpu.js';

/** KVM_EXIT_HYPERCALL and KVM_EXIT_SYSTEM_EVENT. */
const EXIT = { hypercall: 3, systemEvent: 24 } as const;

/** KVM_HYPERCALL_EXIT_SMC and KVM_HYPERCALL_EXIT_16BIT. */
const FROM_SMC = 1n;
const FROM_16_BITS = 2n;

/** Numbers of `args` in struct kvm_run, which are not filled here. */
const EXIT_ARGS = 6;

/** The exit by which user space answers a call (kvm_prepare_hypercall_exit). */
const hypercallExit = (id: number, { conduit, thumb }: CommandOf<'smccc'>): Reply => ({
  reason: 'hypercall',
  number: EXIT.hypercall,
  nr: BigInt(id),
  args: new Array<bigint>(EXIT_ARGS).fill(0n),
  ret: 0n,
  flags: (conduit === 'smc' ? FROM_SMC : 0n) | (thumb ? FROM_16_BITS : 0n),
});

const systemEventExit = (event: SystemEvent): Reply => ({
  reason: 'system_event',
  number: EXIT.systemEvent,
  ...event,
});

/** What KVM does with a call: registers, facts beside them, and the exit. */
interface Outcome {
  readonly action: SmcccAction | null;
  readonly changes: Aarch64RegisterChanges;
  readonly facts?: readonly Event[];
  readonly exit?: Reply;
}

const NOT_SUPPORTED = BigInt.asUintN(64, RESULT.notSupported);

/** The bit of the processor state that says AArch32 (PSR_MODE32_BIT). */
const PSTATE_AARCH32 = 0x10n;

const NO_CLOCK: HostClock = { realTime: 0n, counter: 0n };

/** An SMC with an immediate is no call by the convention: nobody is asked (handle_smc). */
const reservedSmc: Outcome = { action: null, changes: { x0: NOT_SUPPORTED } };

const denied: Outcome = { action: 'deny', changes: { x0: NOT_SUPPORTED, x1: 0n, x2: 0n, x3: 0n } };

/** kvm_smccc_call_handler. */
function outcomeOf(vm: Aarch64Vm, caller: Aarch64Vcpu, command: CommandOf<'smccc'>): Outcome {
  if (command.conduit === 'smc' && command.immediate !== 0) return reservedSmc;
  const id = low32(command.functionId);
  const firmware = firmwareOf(vm.firmware, vm.host);
  const action = actionOf(id, vm.smcccFilter ?? [], firmware);
  if (action === 'deny') return denied;
  if (action === 'fwd_to_user') return { action, changes: {}, exit: hypercallExit(id, command) };
  const { random = new Uint8Array(RANDOM_SIZE), clock = NO_CLOCK } = command;
  const { x1, x2, x3, pstate } = caller.registers;
  const aarch32 = command.thumb || (pstate & PSTATE_AARCH32) !== 0n;
  const call = { vm, caller, id, args: [x1, x2, x3] as const, aarch32, firmware, random, clock };
  const { registers, facts, exit } = implementationOf(id)(call);
  return { action, changes: registers, ...(facts && { facts }), ...(exit && { exit: systemEventExit(exit) }) };
}

/** The registers that the guest has when it executes the instruction, which pc is behind when KVM looks. */
function atCall({ registers }: Aarch64Vcpu, { functionId, args, thumb }: CommandOf<'smccc'>): Aarch64RegisterChanges {
  const passed = Object.fromEntries([functionId, ...args].map((value, i) => [`x${i}`, value]));
  return { ...passed, pc: BigInt.asUintN(64, registers.pc + (thumb ? 2n : 4n)) };
}

/**
 * The guest executes HVC or SMC: the filter is asked, then the pseudo-firmware registers (kvm_smccc_call_handler, handle_hvc,
 * handle_smc). Reply: `action`, what was done, null if nobody was asked; `registers`, x0 to x3 afterwards; `exit` where user
 * space has to do the rest. Counts as a run.
 *
 * ENOENT: no such vCPU. EINTR: the vCPU is stopped or suspended, so its guest executes nothing.
 */
export const smccc: Decider<'smccc', Aarch64Vm> = (vm, command) => {
  const { type, vcpu } = command;
  const entered = consult(vm, { type: 'enter_vcpu', vcpu });
  if (entered.refused) return refused(entered.refused);
  const verdict = consult(vm, { type, vcpu });
  const before = vm.vcpus.get(vcpu);
  if (verdict.refused) return refused(verdict.refused, entered.facts);
  if (before === undefined) return refused('ENOENT');
  const passed = atCall(before, command);
  const caller = { ...before, registers: { ...before.registers, ...passed } as Aarch64Vcpu['registers'] };
  const { action, changes, facts = [], exit } = outcomeOf(vm, caller, command);
  const registers = { ...passed, ...changes };
  const { x0, x1, x2, x3 } = { ...caller.registers, ...changes };
  const set: Event = { type: 'aarch64_registers_set', vcpu, registers };
  return done([...entered.facts, set, ...facts], { action, registers: { x0, x1, x2, x3 }, ...(exit && { exit }) });
};
