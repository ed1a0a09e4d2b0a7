import type { Outcome } from '../../introspection/sending.js';
import type { CommandOf } from '../../vm/command.js';
import type { Peers } from '../../vm/decider.js';
import type { Counterpart } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { X86Vm } from '../../vm/state.js';
import type { Exit } from '../vcpu/exits.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

export type HypercallCommand = CommandOf<'x86_hypercall'>;

/** Codes that hypercalls answer, negated (uapi/linux/kvm_para.h, kvmi.rst). */
export const KVM_CODES = {
  KVM_EPERM: 1,
  KVM_ENOENT: 2,
  KVM_E2BIG: 7,
  KVM_EAGAIN: 11,
  KVM_ENOMEM: 12,
  KVM_EFAULT: 14,
  KVM_EBUSY: 16,
  KVM_EINVAL: 22,
  KVM_EOPNOTSUPP: 95,
  KVM_EALREADY: 114,
  KVM_ENOSYS: 1000,
} as const;

export type KvmCode = keyof typeof KVM_CODES;

/** Why MEM_MAP or MEM_UNMAP failed. */
export type MapCause = 'ENOENT' | 'EFAULT' | 'EALREADY' | 'EINVAL';

/** What a hypercall comes to: a result that is not negative, a code, an exit to user space, or an event. */
export interface Answer {
  readonly facts?: readonly Event[];
  readonly result?: number;
  readonly code?: KvmCode;
  readonly cause?: MapCause;
  readonly exit?: Exit;
  readonly told?: Outcome['told'];
  readonly counterparts?: readonly Counterpart[];
}

/** A call with its arguments as the mode has them. */
export interface Call {
  readonly vm: X86Vm;
  readonly vcpu: X86Vcpu;
  readonly command: HypercallCommand;
  /** Whether the arguments have 64 bits. */
  readonly wide: boolean;
  readonly cpl: number;
  readonly nr: bigint;
  readonly args: readonly [a0: bigint, a1: bigint, a2: bigint, a3: bigint];
  /** Other VMs that the call may concern, by id. */
  readonly peers: Peers;
}

/** How a number is carried out. */
export type Implementation = (call: Call) => Answer;

export const ENOSYS: Answer = { code: 'KVM_ENOSYS' };

/** The result as a signed number. */
export const resultOf = ({ result = 0, code }: Answer): number => (code === undefined ? result : -KVM_CODES[code]);
