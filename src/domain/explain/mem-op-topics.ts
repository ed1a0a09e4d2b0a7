import { PGM, type ProgramExceptionName } from '../s390x/dat/program-exception.js';
import { MEM_OPS } from '../shapes/s390x-access.js';

export type MemOpName = keyof typeof MEM_OPS;

/** What each operation of KVM_S390_MEM_OP does. */
export const MEM_OP_MEANINGS: Readonly<Record<MemOpName, string>> = {
  logical_read: 'reads through the translation of a vCPU, as an instruction of the guest would',
  logical_write: 'writes through the translation of a vCPU, as an instruction of the guest would',
  sida_read: 'reads the secure instruction data area of a protected vCPU',
  sida_write: 'writes the secure instruction data area of a protected vCPU',
  absolute_read: 'reads at absolute addresses of the VM: no translation, keys only if asked for',
  absolute_write: 'writes at absolute addresses of the VM: no translation, keys only if asked for',
  absolute_cmpxchg: 'exchanges 1 to 16 bytes at an absolute address if they are what is expected, atomically',
};

/** What each program interruption says that an access can raise (PoP, "Program Interruption"). */
export const PROGRAM_MEANINGS: Readonly<Record<ProgramExceptionName, string>> = {
  protection: 'a storage key, low-address protection, DAT protection or access-list control forbids the access',
  addressing: 'the address, or that of a table entry, is in no memory slot',
  segment_translation: 'a segment-table entry is invalid, or beyond the length of its table',
  page_translation: 'a page-table entry is invalid',
  translation_specification: 'a table entry, or the control register, has a value that it may not have',
  alet_specification: 'bits 0 to 6 of the ALET are not zeros',
  alen_translation: 'the access-list entry is beyond the list, or invalid',
  ale_sequence: 'the sequence numbers of ALET and access-list entry differ',
  aste_validity: 'the ASN-second-table entry is invalid',
  aste_sequence: 'the sequence numbers of access-list entry and ASN-second-table entry differ',
  extended_authority: 'the access-list entry is private, and the authority table does not let the program in',
  asce_type: 'the address is beyond what the designated table spans',
  region_first_translation: 'a region-first-table entry is invalid, or beyond the length of its table',
  region_second_translation: 'a region-second-table entry is invalid, or beyond the length of its table',
  region_third_translation: 'a region-third-table entry is invalid, or beyond the length of its table',
};

/** The operation of a name or number. */
export const memOpNamed = (text: string): MemOpName | undefined =>
  (Object.keys(MEM_OPS) as MemOpName[]).find((name) => name === text || String(MEM_OPS[name]) === text);

/** The program interruption of a name or code, hex or decimal. */
export const programNamed = (text: string): ProgramExceptionName | undefined =>
  (Object.keys(PGM) as ProgramExceptionName[]).find((name) => name === text || PGM[name].code === codeOf(text));

const codeOf = (text: string): number | undefined => (/^(?:0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : undefined);
