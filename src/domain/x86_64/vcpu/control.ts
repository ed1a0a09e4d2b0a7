/** Bits of CR0 (SDM volume 3, 2.5). */
export const CR0 = { pe: 1n, wp: 1n << 16n, nw: 1n << 29n, cd: 1n << 30n, pg: 1n << 31n } as const;

/** Bits of CR4 by name (SDM volume 3, 2.5). */
export const CR4 = {
  vme: 1n << 0n,
  pvi: 1n << 1n,
  tsd: 1n << 2n,
  de: 1n << 3n,
  pse: 1n << 4n,
  pae: 1n << 5n,
  mce: 1n << 6n,
  pge: 1n << 7n,
  pce: 1n << 8n,
  osfxsr: 1n << 9n,
  osxmmexcpt: 1n << 10n,
  umip: 1n << 11n,
  la57: 1n << 12n,
  vmxe: 1n << 13n,
  fsgsbase: 1n << 16n,
  pcide: 1n << 17n,
  osxsave: 1n << 18n,
  smep: 1n << 20n,
  smap: 1n << 21n,
  pke: 1n << 22n,
} as const;

/** Bits of EFER (SDM volume 3, 2.2.1). */
export const EFER = { lme: 1n << 8n, lma: 1n << 10n, nxe: 1n << 11n } as const;

/** EFLAGS.AC: supervisor accesses to user pages are allowed in spite of SMAP. */
export const RFLAGS_AC = 1n << 18n;

/** What paging takes from a vCPU's registers. */
export interface PagingRegisters {
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly rflags: bigint;
  /** 32 bits. */
  readonly pkru: number;
  readonly cs: { readonly l: 0 | 1 };
}

/** What paging takes from the CPU that the vCPU has (CPUID). */
export interface PagingHost {
  /** MAXPHYADDR, at most 52. */
  readonly maxPhysAddrBits: number;
  readonly cpuVendor: 'intel' | 'amd' | 'hygon';
  /** Whether there are 1 GiB pages. */
  readonly gbPages: boolean;
}

/** Whether a bit of a register is one. */
export const isSet = (register: bigint, bit: bigint): boolean => (register & bit) !== 0n;

/** Whether the vCPU executes 64-bit code: long mode with a 64-bit code segment (is_64_bit_mode). */
export const in64BitMode = ({ efer, cs }: Pick<PagingRegisters, 'efer' | 'cs'>): boolean =>
  isSet(efer, EFER.lma) && cs.l === 1;
