import type { Firmware } from '../aarch64/firmware.js';
import type { SmcccFilter } from '../aarch64/smccc-filter.js';
import type { Aarch64Vcpu } from '../aarch64/vcpu.js';
import type { Introspection } from '../introspection/state.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import type { TopTable } from '../s390x/dat/address-space.js';
import type { CpuModel } from '../s390x/model/cpu-model.js';
import type { CryptoControls } from '../s390x/model/crypto.js';
import type { TodOffset } from '../s390x/model/tod.js';
import type { S390xVcpu } from '../s390x/vcpu/vcpu.js';
import type { FloatingInterrupt } from '../shapes/s390x-floating.js';
import type { Aarch64Host, S390xHost, X86Host } from '../shapes/host.js';
import type { X86Vcpu } from '../x86_64/vcpu/vcpu.js';
import type { Aarch64Regions, S390xRegions, X86Regions } from './law/regions.js';
import type { Semantics } from './semantics.js';

/** What the life of a VM's ledger adds to the VM. */
export interface Ledger {
  /** Records of the VM's stream that are in this state. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly destroyedAt?: string;
}

/** What VMs of every architecture have. */
interface AnyVm {
  readonly id: string;
  readonly name: string;
  readonly semantics: Semantics;
  readonly labels: Readonly<Record<string, string>>;
  /** The version of the rules that it follows; absent for the first. */
  readonly rules?: number;
  readonly ledger: Ledger;
  /** Names of the capabilities that were enabled, in order. */
  readonly capabilities?: readonly string[];
  readonly memory: GuestMemory;
}

export interface S390xVm extends AnyVm {
  readonly arch: 's390x';
  readonly vmType: 'default' | 'ucontrol';
  readonly host: S390xHost;
  readonly regions: S390xRegions;
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
  /** Interruptions that wait for any vCPU, in the order in which they came; absent if none does. */
  readonly floating?: readonly FloatingInterrupt[];
  readonly vcpus: ReadonlyMap<number, S390xVcpu>;
}

/** A page of the VMM's that is another VM's too. */
export interface LentPage {
  readonly page: number;
  readonly borrower: string;
  /** Which page of the borrower's VMM it is. */
  readonly borrowerPage: number;
}

export interface X86Vm extends AnyVm {
  readonly arch: 'x86_64';
  readonly vmType: 'default';
  readonly host: X86Host;
  readonly regions: X86Regions;
  /** What capabilities were enabled with, where that matters; by name. */
  readonly capabilityValues?: Readonly<Record<string, bigint>>;
  /** Introspection; absent before the first hook. */
  readonly introspection?: Introspection;
  /** A page of another VM's was mapped once. */
  readonly hasBorrowed?: true;
  /** Pages of the VMM's that another VM has mapped, in order; absent for none. */
  readonly lent?: readonly LentPage[];
  readonly vcpus: ReadonlyMap<number, X86Vcpu>;
}

export interface Aarch64Vm extends AnyVm {
  readonly arch: 'aarch64';
  readonly vmType: 'default';
  readonly host: Aarch64Host;
  readonly regions: Aarch64Regions;
  /** Ranges of the SMCCC filter; absent before the first one. */
  readonly smcccFilter?: SmcccFilter;
  /** What was set of the pseudo-firmware registers. */
  readonly firmware?: Partial<Firmware>;
  /** What the host's counter is ahead of the guest's virtual one; absent for 0. */
  readonly counterOffset?: bigint;
  readonly vcpus: ReadonlyMap<number, Aarch64Vcpu>;
}

/**
 * A VM as its ledger has it. Everything but `memory` is immutable; memory is changed in place by `apply` alone, and whoever
 * keeps a state beyond the next command keeps a `fork` of it.
 */
export type Vm = S390xVm | X86Vm | Aarch64Vm;

export type Arch = Vm['arch'];

/** The VMs of an architecture. */
export type VmOf<Which extends Arch> = Extract<Vm, { readonly arch: Which }>;

/** A VM without the content of its memory. */
export type Outline = { readonly [Each in Arch]: Omit<VmOf<Each>, 'memory'> }[Arch];

/** A VM that later commands do not change. */
export const fork = <V extends Vm>(vm: V): V => ({ ...vm, memory: vm.memory.fork() });
