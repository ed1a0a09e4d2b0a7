import type { Subfunc } from '../../shapes/cpu-model.js';
import type { S390xHost } from '../../shapes/host.js';
import type { S390xVm } from '../../vm/state.js';
import { machineOf, subfuncOf } from './machine.js';

/** What was set of a VM's CPU model; what is absent is as KVM_CREATE_VM left it (struct kvm_s390_cpu_model). */
export interface CpuModel {
  readonly cpuid?: bigint;
  /** 12 bits. */
  readonly ibc?: number;
  /** Facilities of the last PROCESSOR payload, and those of capabilities enabled since. */
  readonly facList?: readonly number[];
  /** Facilities of enabled capabilities: in the mask, and in the list if no PROCESSOR payload replaced it. */
  readonly capFacilities?: readonly number[];
  readonly feat?: readonly number[];
  readonly subfunc?: Subfunc;
  readonly uvFeatGuest?: bigint;
}

/** What of a VM its CPU model hangs on. */
export type Modelled = Pick<S390xVm, 'host' | 'cpuModel'>;

/** The version byte that guests see of a CPU id. */
const VERSION = 0xffn << 56n;

/** The two halves of an SCLP IBC value, 12 bits each. */
const ibcOf = (host: S390xHost) => {
  const { ibc } = machineOf(host);
  return { lowest: (ibc >>> 16) & 0xfff, unblocked: ibc & 0xfff };
};

/** The guest's CPU id: the host's with the version 0xff, until one is set. */
export const cpuidOf = ({ host, cpuModel }: Modelled): bigint => cpuModel?.cpuid ?? machineOf(host).cpuid | VERSION;

/** The guest's IBC: what the host has unblocked, until one is set. */
export const guestIbc = ({ host, cpuModel }: Modelled): number => cpuModel?.ibc ?? ibcOf(host).unblocked;

/**
 * The IBC that a PROCESSOR payload leads to: between the host's lowest and unblocked one; 0, or a host that has no lowest
 * one, leaves it as it was (kvm_s390_set_processor).
 */
export function ibcWanted(vm: Modelled, wanted: number): number {
  const { lowest, unblocked } = ibcOf(vm.host);
  if (lowest === 0 || wanted === 0) return guestIbc(vm);
  if (wanted > unblocked) return unblocked;
  return Math.max(wanted, lowest);
}

/** The guest's query results: the host's, until some are set. */
export const guestSubfunc = ({ host, cpuModel }: Modelled): Subfunc => cpuModel?.subfunc ?? subfuncOf(host);
