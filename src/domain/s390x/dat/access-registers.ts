import { type AccessContext, hasSlot } from './access-context.js';
import { type Asce, asceOf } from './asce.js';
import { HOST_FAULT, type StopReason, fault } from './fault.js';
import { absoluteFrame } from './prefixing.js';
import { lowWord, wordAt } from '../model/words.js';

/** The tables of access-register translation, in the order of their use. */
export type ArTable = 'access_list_designation' | 'access_list' | 'asn_second_table' | 'authority_table';

/** Is told every entry that access-register translation reads: its index, its real address and its bytes. */
export interface ArObserver {
  arEntry(table: ArTable, index: number, realAddress: number, frame: number, bytes: Uint8Array): void;
}

interface Table {
  readonly name: ArTable;
  /** Bytes of an entry; none crosses a page. */
  readonly size: number;
  readonly unbacked: StopReason;
}

const DESIGNATION: Table = { name: 'access_list_designation', size: 4, unbacked: 'designation_addressing' };
const ACCESS_LIST: Table = { name: 'access_list', size: 16, unbacked: 'ale_addressing' };
const ASN_SECOND_TABLE: Table = { name: 'asn_second_table', size: 64, unbacked: 'aste_addressing' };
const AUTHORITY_TABLE: Table = { name: 'authority_table', size: 1, unbacked: 'authority_addressing' };

/** Origin of a dispatchable-unit control table or primary ASTE (CR2, CR5) and of an ASTE in an access-list entry. */
const ORIGIN_64 = 0x7fffffc0;

/** Reads an entry at a real address, or answers the addressing exception. */
function entryAt(
  context: AccessContext,
  table: Table,
  index: number,
  real: number,
  observer: ArObserver | undefined,
): Uint8Array | number {
  const frame = absoluteFrame(Math.floor(real / 4096), context.prefixFrame);
  const page = context.memory.page(frame);
  if (page === undefined) return hasSlot(context, frame) ? HOST_FAULT : fault(table.unbacked, 'addressing');
  const bytes = page.subarray(real % 4096, (real % 4096) + table.size);
  observer?.arEntry(table.name, index, real, frame, bytes);
  return bytes;
}

/**
 * Access-register translation: the ASCE that access register `ar` designates, or a fault (PoP, "Access-Register Translation";
 * ar_translation). Register 0 always holds ALET 0.
 *
 * @param store whether the access stores; a fetch-only entry stops it
 */
export function translateAccessRegister(
  context: AccessContext,
  ar: number,
  store: boolean,
  observer?: ArObserver,
): Asce | number {
  const { crs, acrs } = context.registers;
  const alet = ar === 0 ? 0 : (acrs[ar] ?? 0);
  if (alet === 0) return asceOf(crs[1] ?? 0n);
  if (alet === 1) return asceOf(crs[7] ?? 0n);
  if (alet >>> 25 !== 0) return fault('alet_reserved_bits', 'alet_specification');
  const primaryList = (alet & 0x01000000) !== 0;
  const alesn = (alet >>> 16) & 0xff;
  const alen = alet & 0xffff;

  const control = lowWord(crs[primaryList ? 5 : 2] ?? 0n) & ORIGIN_64;
  const designation = entryAt(context, DESIGNATION, 0, control + 16, observer);
  if (typeof designation === 'number') return designation;
  const ald = wordAt(designation, 0);
  if (alen >>> 3 > (ald & 0x7f)) return fault('alen_length', 'alen_translation');

  const aleAddress = (ald & 0x7fffff80) + alen * 16;
  if (aleAddress > 0x7fffffff) return fault('ale_address', 'addressing');
  const ale = entryAt(context, ACCESS_LIST, alen, aleAddress, observer);
  if (typeof ale === 'number') return ale;
  const aleWord = wordAt(ale, 0);
  if (aleWord >>> 31 !== 0) return fault('ale_invalid', 'alen_translation');
  if (((aleWord >>> 16) & 0xff) !== alesn) return fault('ale_sequence', 'ale_sequence');

  const aste = entryAt(context, ASN_SECOND_TABLE, 0, wordAt(ale, 8) & ORIGIN_64, observer);
  if (typeof aste === 'number') return aste;
  if (wordAt(aste, 0) >>> 31 !== 0) return fault('aste_invalid', 'aste_validity');
  if (wordAt(aste, 20) !== wordAt(ale, 12)) return fault('aste_sequence', 'aste_sequence');

  const denied = aleWord & 0x01000000 ? extendedAuthority(context, aleWord & 0xffff, aste, observer) : 0;
  if (denied < 0) return denied;
  if (store && (aleWord & 0x02000000) !== 0) return fault('fetch_only', 'protection');
  return { high: wordAt(aste, 8), low: wordAt(aste, 12) };
}

/** A private access-list entry: its ALEAX is the EAX (CR8 bits 32-47), or the authority table grants it. 0 if granted. */
function extendedAuthority(
  context: AccessContext,
  aleax: number,
  aste: Uint8Array,
  observer: ArObserver | undefined,
): number {
  const eax = lowWord(context.registers.crs[8] ?? 0n) >>> 16;
  if (aleax === eax) return 0;
  const length = (wordAt(aste, 4) >>> 4) & 0xfff;
  if (eax >>> 4 > length) return fault('authority_length', 'extended_authority');
  const address = (wordAt(aste, 0) & 0x7ffffffc) + (eax >>> 2);
  const entry = entryAt(context, AUTHORITY_TABLE, eax >>> 2, address, observer);
  if (typeof entry === 'number') return entry;
  const secondaryAuthority = 0x40 >> ((eax & 3) * 2);
  return ((entry[0] ?? 0) & secondaryAuthority) === 0 ? fault('authority_missing', 'extended_authority') : 0;
}
