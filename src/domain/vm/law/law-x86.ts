import type { CommonLawEvent } from './law-common.js';

/** Commands on a vCPU of which the law asks for nothing but the vCPU. */
export const X86_VCPU_COMMANDS = [
  'translate2',
  'translate_legacy',
  'read_mappings',
  'set_x86_registers',
  'get_mp_state',
] as const;

/** What is asked of the law of an x86_64 VM. */
export type X86LawEvent = CommonLawEvent | IntrospectionLawEvent | VcpuRequest | EnableCapRequest;

/** What the guest does on one vCPU, or user space with it. */
export type VcpuRequest =
  | { readonly type: (typeof X86_VCPU_COMMANDS)[number]; readonly vcpu: number }
  | { readonly type: 'x86_guest' | 'x86_hypercall'; readonly vcpu: number }
  /** `regs`: kvm_valid_regs and kvm_dirty_regs, one or the other. */
  | { readonly type: 'run_vcpu'; readonly vcpu: number; readonly immediateExit: boolean; readonly regs: bigint }
  /** Without a fact there is no such state. */
  | { readonly type: 'set_mp_state'; readonly vcpu: number; readonly fact: object | undefined };

/** KVM_ENABLE_CAP; `takes`: the bits that the capability's argument can have, absent if it cannot be enabled. */
export interface EnableCapRequest {
  readonly type: 'enable_cap';
  readonly flags: number;
  readonly takes: bigint | undefined;
  readonly value: bigint;
  readonly fact: object | undefined;
}

/** What device manager and tool ask of introspection. */
export type IntrospectionLawEvent =
  | { readonly type: 'introspection_unhook' | 'introspection_preunhook' | 'introspection_crash' }
  /** `isSocket`: whether the descriptor is one. */
  | {
      readonly type: 'introspection_hook';
      readonly padding: number;
      readonly isSocket: boolean;
      readonly fact: object;
    }
  /** `known`: whether there is such an id; `forbids`: whether it takes away what is always allowed. */
  | {
      readonly type: 'introspection_allow';
      readonly known: boolean;
      readonly allow: number;
      readonly forbids: boolean;
    }
  | {
      readonly type: 'introspection_command';
      readonly known: boolean;
      readonly allowed: boolean;
      readonly padding: bigint;
    }
  /** `waits`: whether a vCPU waits for this reply. */
  | { readonly type: 'introspection_reply'; readonly waits: boolean };
