import type { Event } from '../vm/facts/event.js';
import type { Aarch64Vm } from '../vm/state.js';
import type { Firmware } from './firmware.js';
import type { Aarch64Vcpu } from './vcpu.js';

/** What the host's clocks said at one moment. */
export interface HostClock {
  /** Nanoseconds since 1970-01-01 UTC (CLOCK_REALTIME). */
  readonly realTime: bigint;
  /** The physical counter (CNTPCT_EL0). */
  readonly counter: bigint;
}

/** A call that KVM carries out: who makes it, with what, and what of the outside it may take. */
export interface SmcccCall {
  readonly vm: Aarch64Vm;
  readonly caller: Aarch64Vcpu;
  readonly id: number;
  /** x1, x2 and x3, 64 bits each. */
  readonly args: readonly [bigint, bigint, bigint];
  /** Whether the caller executes in AArch32. */
  readonly aarch32: boolean;
  readonly firmware: Firmware;
  /** 24 random bytes, for calls that take some. */
  readonly random: Uint8Array;
  readonly clock: HostClock;
}

/** KVM_EXIT_SYSTEM_EVENT: its type, and its flags if there are some (struct kvm_run, system_event). */
export interface SystemEvent {
  readonly type: number;
  readonly flags?: bigint;
}

/** What comes of a call. */
export interface SmcccAnswer {
  /** x0 to x3 as the guest finds them, 64 bits each; those that are not there stay as they were. */
  readonly registers: Partial<Readonly<Record<'x0' | 'x1' | 'x2' | 'x3', bigint>>>;
  /** What happened beside that. */
  readonly facts?: readonly Event[];
  /** The exit to user space, if there is one. */
  readonly exit?: SystemEvent;
}

/** How KVM carries out a call. Pure: what it changes is in the answer. */
export type Implementation = (call: SmcccCall) => SmcccAnswer;

/** Results of calls (DEN 0028 table 5-1; DEN 0022 table 10). */
export const RESULT = {
  success: 0n,
  notSupported: -1n,
  notRequired: -2n,
  invalidParameters: -2n,
  alreadyOn: -4n,
  internalFailure: -6n,
} as const;

/** An answer in x0, as 64 bits, and x1 to x3 (smccc_set_retval). */
export const answered = (x0: bigint, x1 = 0n, x2 = 0n, x3 = 0n): SmcccAnswer => ({
  registers: { x0: BigInt.asUintN(64, x0), x1, x2, x3 },
});

/** An implementation that answers the same to everyone. */
export const constant =
  (x0: bigint, x1?: bigint, x2?: bigint, x3?: bigint): Implementation =>
  () =>
    answered(x0, x1, x2, x3);

/** The low half of a register. */
export const low32 = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** A call whose arguments are 32 bits wide: the upper halves are cleared first (kvm_psci_narrow_to_32bit). */
export const narrowed = (call: SmcccCall): SmcccCall => {
  const [x1, x2, x3] = call.args;
  return { ...call, args: [BigInt.asUintN(32, x1), BigInt.asUintN(32, x2), BigInt.asUintN(32, x3)] };
};
