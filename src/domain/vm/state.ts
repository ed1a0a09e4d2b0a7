import type { GuestMemory } from '../memory/guest-memory.js';
import type { TopTable } from '../s390x/address-space.js';
import type { CpuModel } from '../s390x/cpu-model.js';
import type { CryptoControls } from '../s390x/crypto.js';
import type { TodOffset } from '../s390x/tod.js';
import type { S390xVcpu } from '../s390x/vcpu.js';
import type { S390xHost } from '../shapes/create-vm.js';
import type { Semantics } from './semantics.js';

/** The configuration of an s390x VM's statechart, one entry a region (domain/s390x/chart.ts). */
export interface Regions {
  readonly lifecycle: 'live' | 'destroyed';
  readonly vcpus: 'none' | 'created';
  readonly cmma: 'off' | 'on';
  readonly migration: 'off' | 'on';
  readonly protection: 'none' | 'protected' | 'dumping';
  readonly aside: 'none' | 'kept';
  readonly skeys: 'off' | 'on';
  readonly cmm: 'unused' | 'used';
  readonly cpuStateControl: 'kernel' | 'user';
}

/** The configuration of a VM that was just created. */
export const INITIAL_REGIONS: Regions = {
  lifecycle: 'live',
  vcpus: 'none',
  cmma: 'off',
  migration: 'off',
  protection: 'none',
  aside: 'none',
  skeys: 'off',
  cmm: 'unused',
  cpuStateControl: 'kernel',
};

/** What the life of a VM's ledger adds to the VM. */
export interface Ledger {
  /** Records of the VM's stream that are in this state. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly destroyedAt?: string;
}

/**
 * A VM as its ledger has it. Everything but `memory` is immutable; memory is changed in place by `apply` alone, and whoever
 * keeps a state beyond the next command keeps a `fork` of it.
 */
export interface Vm {
  readonly id: string;
  readonly name: string;
  readonly arch: 's390x';
  readonly vmType: 'default' | 'ucontrol';
  readonly semantics: Semantics;
  readonly labels: Readonly<Record<string, string>>;
  readonly host: S390xHost;
  readonly ledger: Ledger;
  readonly regions: Regions;
  /** What MEM_LIMIT_SIZE chose; absent before the first SET. */
  readonly topTable?: TopTable;
  /** Frames whose CMMA state waits to be collected in migration mode (cmma_dirty_pages); absent for 0. */
  readonly cmmaDirtyPages?: number;
  /** What was set of the CPU model. */
  readonly cpuModel?: CpuModel;
  /** What the guest's clock is ahead of the host's; absent until it was set. */
  readonly todOffset?: TodOffset;
  /** What was set of the crypto controls. */
  readonly crypto?: CryptoControls;
  /** MTCR as CPU_TOPOLOGY left it; absent since the last vCPU was created, which sets it. */
  readonly topologyChange?: boolean;
  /** Names of the capabilities that were enabled, in order. */
  readonly capabilities?: readonly string[];
  readonly vcpus: ReadonlyMap<number, S390xVcpu>;
  readonly memory: GuestMemory;
}

/** A VM that later commands do not change. */
export const fork = (vm: Vm): Vm => ({ ...vm, memory: vm.memory.fork() });
