import { frameOf, offsetOf } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import { changed } from '../../vm/rules.js';
import { CR4, EFER, type PagingHost, type PagingRegisters, isSet } from '../vcpu/control.js';
import { ENTRY } from './entry.js';
import { type PagingLevel, type PagingMode, pagingMode } from './paging-mode.js';
import { type Controls, type Reading, controlsOf } from './permissions.js';
import { type ReservedFacts, reservedBits } from './reserved-bits.js';

/** The memory that tables are read from. */
export type TableMemory = Pick<GuestMemory, 'page' | 'slotAt'>;

/** The VM as paging sees it. */
export interface PagedMachine {
  readonly host: PagingHost;
  readonly memory: TableMemory;
  /** The version of the rules that it follows; absent for the first. */
  readonly rules?: number;
}

/** A level of the mode as the vCPU's registers and CPU make it. */
export interface ActiveLevel extends PagingLevel {
  /** An entry maps a page if this bit of it is 1; 0 where none does. */
  readonly leafBit: number;
  /** Whether rights are judged at an entry that maps no page, in readings that judge them there. */
  readonly judged: boolean;
  /** The bits that must be 0 in a present entry with bit 7 clear, and with bit 7 set. */
  readonly reservedBits: readonly [clear: bigint, set: bigint];
}

/** What a walk takes from a vCPU and its VM. */
export interface Paging {
  readonly memory: TableMemory;
  /** Undefined where paging is off. */
  readonly mode: PagingMode | undefined;
  /** From the root down; none where paging is off. */
  readonly levels: readonly ActiveLevel[];
  /** The address of the first table. */
  readonly root: bigint;
  readonly controls: Controls;
  readonly reading: Reading;
}

/** Where the first table is: guest frame and offset in it. */
export const rootOf = ({ root }: Paging): { frame: number; offset: number } => ({
  frame: frameOf(root),
  offset: offsetOf(root),
});

/** Which bit of an entry that is present says that it maps a page. */
const LEAF_BITS = { always: ENTRY.present, page_size: ENTRY.pageSize, page_size_with_pse: ENTRY.pageSize, never: 0 };

const activeLevel = (level: PagingLevel, facts: ReservedFacts, everywhere: boolean): ActiveLevel => ({
  ...level,
  judged: level.restricts || everywhere,
  leafBit: level.leaf === 'page_size_with_pse' && !facts.pse ? 0 : LEAF_BITS[level.leaf],
  reservedBits: [reservedBits(level.reserved, false, facts), reservedBits(level.reserved, true, facts)],
});

/** The paging of a vCPU with these registers. */
export function pagingOf(machine: PagedMachine, registers: PagingRegisters, reading: Reading): Paging {
  const { host, memory } = machine;
  const mode = pagingMode(registers);
  const { maxPhysAddrBits, cpuVendor, gbPages } = host;
  const nxe = isSet(registers.efer, EFER.nxe);
  const facts = { maxPhysAddrBits, cpuVendor, gbPages, nxe, pse: isSet(registers.cr4, CR4.pse) };
  return {
    memory,
    mode,
    levels: (mode?.levels ?? []).map((level) => activeLevel(level, facts, !changed(machine, 'pdptesUnjudged'))),
    root: registers.cr3 & (mode?.root ?? 0n),
    controls: controlsOf(registers),
    reading,
  };
}
