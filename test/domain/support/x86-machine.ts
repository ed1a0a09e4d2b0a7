import { fragments, frameOf, partsOf } from '../../../src/domain/memory/address.js';
import { GuestMemory } from '../../../src/domain/memory/guest-memory.js';
import type { Memslot, MemslotFlag } from '../../../src/domain/memory/memslot.js';
import { type Translate2Request, translate2Request } from '../../../src/domain/shapes/x86-access.js';
import type { Event } from '../../../src/domain/vm/facts/event.js';
import { RULES } from '../../../src/domain/vm/rules.js';
import type { Semantics } from '../../../src/domain/vm/semantics.js';
import type { PagingHost, PagingRegisters } from '../../../src/domain/x86_64/vcpu/control.js';
import { type Translate2Answer, Translator } from '../../../src/domain/x86_64/paging/translator.js';

/** As much of an x86_64 VM and its vCPU as translations look at. */
export interface Machine {
  readonly host: PagingHost;
  readonly semantics: Semantics;
  readonly memory: GuestMemory;
  readonly registers: PagingRegisters;
  /** The version of the rules; absent for the first. */
  readonly rules?: number;
}

/** A run of memory that is backed. */
export interface Backed {
  readonly from: bigint;
  readonly size: bigint;
  readonly flags?: readonly MemslotFlag[];
}

/** Entries by guest physical address. */
export type Entries = readonly (readonly [address: bigint, value: bigint])[];

export interface MachineOptions {
  readonly registers?: Partial<PagingRegisters>;
  readonly host?: Partial<PagingHost>;
  readonly semantics?: Semantics;
  /** The version of the rules; today's if absent. */
  readonly rules?: number;
  readonly slots?: readonly Backed[];
  readonly entries?: Entries;
  /** Bytes of an entry. */
  readonly entrySize?: 4 | 8;
}

/** Memory with slots, all zero. */
export function memoryOf(slots: readonly Backed[]): GuestMemory {
  return GuestMemory.empty().withSlots(
    slots.map(({ from, size, flags = [] }, slot): Memslot => ({
      slot,
      firstFrame: frameOf(from),
      frames: frameOf(size),
      firstPage: frameOf(from),
      flags,
    })),
  );
}

/** Stores bytes as the VMM does. */
export function put(memory: GuestMemory, address: bigint, data: Uint8Array): void {
  memory.store(partsOf(fragments(address, data.length)), data);
}

/** Stores little-endian entries. */
export function putEntries(memory: GuestMemory, entries: Entries, size: 4 | 8 = 8): void {
  for (const [address, value] of entries) {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigUint64(0, value, true);
    put(memory, address, data.subarray(0, size));
  }
}

/** The entries that facts set. */
export function entriesSet(facts: readonly Event[]): [address: bigint, value: bigint][] {
  return facts.flatMap((fact) => {
    if (fact.type !== 'table_entries_set') throw new Error(`${fact.type} is no fact of a translation`);
    let at = 0;
    return fact.parts.map(({ absolute, size }): [bigint, bigint] => {
      const bytes = fact.data.subarray(at, (at += size));
      return [absolute, bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)];
    });
  });
}

/** The memory of S4: 256 MiB to write to, and four pages at 2 GiB only to read. */
const S4_SLOTS: readonly Backed[] = [
  { from: 0n, size: 0x10000000n },
  { from: 0x80000000n, size: 0x4000n, flags: ['readonly'] },
];

/** The linear address of S4: index 1 on every level, offset 0xabc. */
export const S4_ADDRESS = 0x8040201abcn;

const S4_ENTRIES: Entries = [
  [0x1008n, 0x2007n],
  [0x2008n, 0x3007n],
  [0x3008n, 0x4007n],
  [0x4008n, 0x5007n],
];

/** The setup "S4" of the worked examples: 4-level paging, with changes; entries come on top of its own. */
export function s4({
  registers,
  host,
  semantics,
  rules = RULES,
  slots,
  entries = [],
  entrySize,
}: MachineOptions = {}): Machine {
  const memory = memoryOf(slots ?? S4_SLOTS);
  putEntries(memory, S4_ENTRIES);
  putEntries(memory, entries, entrySize);
  return {
    host: { maxPhysAddrBits: 40, cpuVendor: 'intel', gbPages: true, ...host },
    semantics: semantics ?? 'documented',
    rules,
    memory,
    registers: {
      cr0: 0x80010001n,
      cr3: 0x1000n,
      cr4: 0x20n,
      efer: 0xd00n,
      rflags: 2n,
      pkru: 0,
      cs: { l: 1 },
      ...registers,
    },
  };
}

/** A request from what a client would send. */
export const requestOf = (linearAddress: bigint, flags: unknown = 0, access: unknown = 0): Translate2Request =>
  translate2Request.parse({ linearAddress: `0x${linearAddress.toString(16)}`, flags, access });

/** Translates, which must not be refused, without changing the machine. */
export function translate(
  { registers, ...vm }: Machine,
  linear: bigint,
  flags: unknown = 0,
  access: unknown = 0,
  explain = false,
): { readonly answer: Translate2Answer; readonly set: [bigint, bigint][] } {
  const outcome = new Translator(vm, registers).translate(requestOf(linear, flags, access), explain);
  if (outcome.errno !== undefined) throw new Error(`refused with ${outcome.errno}`);
  return { answer: outcome.answer, set: entriesSet(outcome.facts) };
}
