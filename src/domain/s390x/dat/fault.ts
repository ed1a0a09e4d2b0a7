import { PGM, type ProgramExceptionName } from './program-exception.js';

const stop = (check: string, teidBits = 0) => ({ check, teidBits });

/**
 * Why an access stops, by a name for machines; `check` says what would have had to hold, `teidBits` are bits 56, 60 and 61 of
 * the TEID (PoP, "Translation-Exception Identification"; trans_exc_ending). The order is that of the pipeline.
 */
export const STOPS = {
  low_address_protection: stop('a store must not go to 0-511 or 4096-4607 under low-address protection', 0x80),
  alet_reserved_bits: stop('bits 0-6 of the ALET must be 0'),
  designation_addressing: stop('a memory slot must back the access-list designation'),
  alen_length: stop('the ALEN must lie within the access list'),
  ale_address: stop('the address of the access-list entry must fit in 31 bits'),
  ale_addressing: stop('a memory slot must back the access-list entry'),
  ale_invalid: stop('the access-list entry must be valid (bit 0)'),
  ale_sequence: stop('the sequence numbers of ALET and access-list entry must be equal'),
  aste_addressing: stop('a memory slot must back the ASN-second-table entry'),
  aste_invalid: stop('the ASN-second-table entry must be valid (bit 0)'),
  aste_sequence: stop('the sequence numbers of access-list entry and ASN-second-table entry must be equal'),
  authority_length: stop('the EAX must lie within the authority table'),
  authority_addressing: stop('a memory slot must back the authority-table entry'),
  authority_missing: stop('the secondary-authority bit must be 1 where a private access-list entry is not the own one'),
  fetch_only: stop('a store must not use a fetch-only access-list entry', 0x0c),
  asce_type: stop('address bits left of the first index of the designated table must be 0'),
  designation_length: stop('bits 0-1 of the first index must not exceed the table length of the ASCE'),
  table_addressing: stop('a memory slot must back the table entry'),
  entry_invalid: stop('the invalid bit of the table entry must be 0'),
  entry_type: stop('the table type of the entry must be that of its level'),
  common_entry: stop('an entry with the common bit must not be used by a private space'),
  entry_length: stop('bits 0-1 of the next index must lie between table offset and table length of the entry'),
  reserved_bit: stop('bit 52 of the page-table entry must be 0'),
  dat_protection: stop('a store must not pass an entry with the DAT-protection bit', 0x04),
  instruction_execution_protection: stop('an instruction must not be fetched from a page with the IEP bit', 0x84),
  page_addressing: stop('a memory slot must back the page'),
  host_memory: stop('the VMM must have memory behind the slot'),
  key_protection: stop('access key, storage key and overrides must allow the access', 0x08),
} as const;

export type StopReason = keyof typeof STOPS;

const REASONS = Object.keys(STOPS) as StopReason[];

/** Why an access stopped and with which program interruption, as one negative number; what is not negative is no fault. */
export const fault = (reason: StopReason, name: ProgramExceptionName): number =>
  -((REASONS.indexOf(reason) << 8) | PGM[name].code);

/** No program interruption: the host cannot reach the memory of a slot that is there (EFAULT). */
export const HOST_FAULT = -(REASONS.indexOf('host_memory') << 8);

/** The program-interruption code of a fault; 0 of `HOST_FAULT`. */
export const codeOf = (value: number): number => -value & 0xff;

/** What a fault stopped at. */
export const reasonOf = (value: number): StopReason => REASONS[-value >> 8] ?? 'page_addressing';
