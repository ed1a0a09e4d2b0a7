import type { EventDetails, KvmiCommand } from '../shapes/kvmi.js';
import type { HeldCommand } from '../shapes/x86-held.js';
import type { X86RegisterChanges } from '../shapes/x86-registers.js';
import type { KvmiEvent, VcpuEvent } from './events.js';

/** The channel to the tool, from hook to unhook. */
export interface Channel {
  readonly uuid?: string;
  /** What the device manager allows, beside the commands that are always allowed; in order of name. */
  readonly commands: readonly KvmiCommand[];
  readonly events: readonly KvmiEvent[];
  /** Events of the VM that the tool enabled. */
  readonly enabled: readonly KvmiEvent[];
  /** The numbers of UNHOOK events, to which there is no reply. */
  readonly unhooks: readonly number[];
  /** KVMI_VM_CONTROL_CLEANUP; absent for 1. */
  readonly cleanup?: false;
}

/** A token that maps a page of the VM once; `time` of issue in milliseconds since 1970. */
export interface MapToken {
  /** SHA-256 of the token's 32 bytes, in hex. */
  readonly commitment: string;
  readonly time: number;
}

/** What introspection there is of a VM; absent before the first hook. */
export interface Introspection {
  /** How many events there were in the VM's life: the number of the last one. */
  readonly events: number;
  readonly channel?: Channel;
  /** The access of restricted pages by guest frame: bits of ACCESS_BITS. Any other page has all of them. */
  readonly access?: ReadonlyMap<number, number>;
  /** Tokens that nobody used yet, oldest first. */
  readonly tokens?: readonly MapToken[];
}

/** An exception that the tool wants injected. */
export interface Injection {
  readonly vector: number;
  readonly errorCode?: number;
  readonly address?: bigint;
}

/** What introspection there is of one vCPU; absent parts for nothing. */
export interface VcpuIntrospection {
  readonly enabled?: readonly VcpuEvent[];
  /** Control registers, and indices of MSRs, whose writes are told. */
  readonly crs?: readonly number[];
  readonly msrs?: readonly number[];
  /** PAUSE_VCPU commands that were not followed by their event yet. */
  readonly pauses?: number;
  readonly injection?: Injection;
}

/** A vCPU's event that waits for its reply, and what the guest was doing. */
export interface Waiting {
  /** The number of the event. */
  readonly seq: number;
  readonly event: VcpuEvent;
  readonly details: EventDetails;
  /** What goes on after the reply. */
  readonly held: HeldCommand;
  /** The bytes of a store that is held. */
  readonly data?: Uint8Array;
  /** Frames that the held access may reach in spite of their access. */
  readonly excused?: readonly number[];
  /** What SET_REGISTERS wants there after the reply. */
  readonly registers?: X86RegisterChanges;
}
