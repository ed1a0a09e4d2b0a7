import type { X86Vm } from '../../vm/state.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

/** What CPUID answers. */
export interface CpuidLeaf {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

type Leaf = (vm: X86Vm, vcpu: X86Vcpu) => Partial<CpuidLeaf>;

const bits = (...numbers: readonly number[]): number => numbers.reduce((mask, bit) => mask | (1 << bit), 0) >>> 0;

/** Four characters as a register holds them. */
const text = (characters: string): number =>
  Array.from(characters).reduce((word, character, i) => word | (character.charCodeAt(0) << (8 * i)), 0) >>> 0;

const VENDORS = { intel: 'GenuineIntel', amd: 'AuthenticAMD', hygon: 'HygonGenuine' } as const;

/** Twelve characters in the order of leaf 0 (ebx, edx, ecx) and of the hypervisor's leaf (ebx, ecx, edx). */
const vendor = (name: string) => ({
  ebx: text(name.slice(0, 4)),
  edx: text(name.slice(4, 8)),
  ecx: text(name.slice(8)),
});
const signature = (name: string) => ({
  ebx: text(name.slice(0, 4)),
  ecx: text(name.slice(4, 8)),
  edx: text(name.slice(8).padEnd(4, '\0')),
});

/** CR4.OSXSAVE, which leaf 1 repeats. */
const OSXSAVE = 1n << 18n;

/** Leaf 1: features that the model's registers have to do with; bit 31 of ecx says that there is a hypervisor. */
const FEATURES = {
  ecx: bits(17, 26, 31),
  edx: bits(0, 2, 3, 4, 5, 6, 8, 9, 11, 13, 15, 16, 19, 23, 24, 25, 26),
};

/** Leaf 0x80000001: SYSCALL, NX, 1 GiB pages, long mode. */
const extended = (gbPages: boolean): number => bits(11, 20, ...(gbPages ? [26] : []), 29);

/** The leaves that the guest of the model has (SDM volume 2, CPUID; kvm/x86/cpuid.rst). */
const LEAVES: ReadonlyMap<number, Leaf> = new Map<number, Leaf>([
  [0, ({ host }) => ({ eax: 7, ...vendor(VENDORS[host.cpuVendor]) })],
  [
    1,
    (_vm, { registers }) => ({
      ebx: ((registers.apicId & 0xff) << 24) >>> 0,
      ecx: (FEATURES.ecx | ((registers.cr4 & OSXSAVE) === 0n ? 0 : bits(27))) >>> 0,
      edx: FEATURES.edx,
    }),
  ],
  /** FSGSBASE, SMEP, SMAP; UMIP, PKU, OSPKE apart, LA57. */
  [7, () => ({ ebx: bits(0, 7, 20), ecx: bits(2, 3, 16) })],
  [0x40000000, () => ({ eax: 0x40000001, ...signature('KVMKVMKVM') })],
  [0x40000001, ({ host }) => ({ eax: host.kvmPvFeatures })],
  [
    0x80000000,
    ({ host }) => ({ eax: 0x80000008, ...(host.cpuVendor === 'intel' ? {} : vendor(VENDORS[host.cpuVendor])) }),
  ],
  [0x80000001, ({ host }) => ({ edx: extended(host.gbPages) })],
  [0x80000008, ({ host }) => ({ eax: host.maxPhysAddrBits | (57 << 8) })],
]);

/** The leaf whose subleaves are told apart by the index. */
const INDEXED = 7;

/** What CPUID answers on a vCPU; undefined for a leaf or subleaf that it does not have. */
export function cpuidLeaf(vm: X86Vm, vcpu: X86Vcpu, leaf: number, index: number): CpuidLeaf | undefined {
  if (leaf === INDEXED && index !== 0) return undefined;
  const found = LEAVES.get(leaf);
  return found && { eax: 0, ebx: 0, ecx: 0, edx: 0, ...found(vm, vcpu) };
}
