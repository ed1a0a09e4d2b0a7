import { CR0, CR4, EFER, type PagingRegisters, isSet } from '../vcpu/control.js';
import type { ReservedEntry } from './reserved-bits.js';

/** Paging structures, as walks name them. */
export type Table = 'pml5' | 'pml4' | 'pdpt' | 'pd' | 'pt';

/** One level of a paging mode. */
export interface PagingLevel {
  /** 1 page table to 5 PML5. */
  readonly level: number;
  readonly table: Table;
  /** The lowest bit of the address that the index takes. */
  readonly shift: number;
  readonly indexBits: number;
  readonly reserved: ReservedEntry;
  /** When the entry maps a page: always, if its bit 7 is 1, the same with CR4.PSE only, or never. */
  readonly leaf: 'always' | 'page_size' | 'page_size_with_pse' | 'never';
  /** Whether the entry has RW, US, NX and an accessed bit; PDPTEs of PAE paging have none. */
  readonly restricts: boolean;
}

/** A paging mode: how a linear address leads through tables. */
export interface PagingMode {
  readonly name: '32bit' | 'pae' | '4level' | '5level';
  /** Bytes of an entry. */
  readonly entrySize: 4 | 8;
  /** The bits of CR3 that are the address of the first table. */
  readonly root: bigint;
  /** The bits of an entry that are an address. */
  readonly address: bigint;
  /** Bits 16:13 of an entry that maps 4 MiB are bits 35:32 of the physical address. */
  readonly pse36: boolean;
  /** From the root down. */
  readonly levels: readonly PagingLevel[];
}

const ADDRESS_51_12 = 0x000f_ffff_ffff_f000n;
const ADDRESS_31_12 = 0xffff_f000n;

const wide = (level: number, table: Table, reserved: ReservedEntry, leaf: PagingLevel['leaf']): PagingLevel => ({
  level,
  table,
  shift: 12 + 9 * (level - 1),
  indexBits: 9,
  reserved,
  leaf,
  restricts: true,
});

const FOUR_LEVELS = [
  wide(4, 'pml4', 'pml4', 'never'),
  wide(3, 'pdpt', 'pdpt', 'page_size'),
  wide(2, 'pd', 'pd', 'page_size'),
  wide(1, 'pt', 'pt', 'always'),
];

const long = { entrySize: 8, root: ADDRESS_51_12, address: ADDRESS_51_12, pse36: false } as const;

const legacy = { indexBits: 10, restricts: true } as const;

/** The paging modes (x86-translate sections 3 and 6; SDM volume 3, 4.1.1). */
export const PAGING_MODES = {
  '32bit': {
    name: '32bit',
    entrySize: 4,
    root: ADDRESS_31_12,
    address: ADDRESS_31_12,
    pse36: true,
    levels: [
      { ...legacy, level: 2, table: 'pd', shift: 22, reserved: 'legacy_pd', leaf: 'page_size_with_pse' },
      { ...legacy, level: 1, table: 'pt', shift: 12, reserved: 'legacy_pt', leaf: 'always' },
    ],
  },
  pae: {
    name: 'pae',
    entrySize: 8,
    root: 0xffff_ffe0n,
    address: ADDRESS_51_12,
    pse36: false,
    levels: [
      { level: 3, table: 'pdpt', shift: 30, indexBits: 2, reserved: 'pae_pdpt', leaf: 'never', restricts: false },
      wide(2, 'pd', 'pae_pd', 'page_size'),
      wide(1, 'pt', 'pae_pt', 'always'),
    ],
  },
  '4level': { name: '4level', ...long, levels: FOUR_LEVELS },
  '5level': { name: '5level', ...long, levels: [wide(5, 'pml5', 'pml5', 'never'), ...FOUR_LEVELS] },
} as const satisfies Record<string, PagingMode>;

/** The mode that registers select; undefined where paging is off (kvm_calc_cpu_role). */
export function pagingMode({ cr0, cr4, efer }: Pick<PagingRegisters, 'cr0' | 'cr4' | 'efer'>): PagingMode | undefined {
  if (!isSet(cr0, CR0.pg)) return undefined;
  if (isSet(efer, EFER.lma)) return PAGING_MODES[isSet(cr4, CR4.la57) ? '5level' : '4level'];
  return PAGING_MODES[isSet(cr4, CR4.pae) ? 'pae' : '32bit'];
}
