/**
 * Program interruptions that an access can raise: the code, whether there is a TEID, whether there is an exception access
 * identification, and whether the operation is nullified (PoP, "Program Interruption"; trans_exc_ending, __deliver_prog).
 */
export const PGM = {
  protection: { code: 0x04, teid: true, accessId: true, nullifies: false },
  addressing: { code: 0x05, teid: false, accessId: false, nullifies: false },
  segment_translation: { code: 0x10, teid: true, accessId: true, nullifies: true },
  page_translation: { code: 0x11, teid: true, accessId: true, nullifies: true },
  translation_specification: { code: 0x12, teid: false, accessId: false, nullifies: false },
  alet_specification: { code: 0x28, teid: false, accessId: false, nullifies: false },
  alen_translation: { code: 0x29, teid: false, accessId: true, nullifies: true },
  ale_sequence: { code: 0x2a, teid: false, accessId: true, nullifies: true },
  aste_validity: { code: 0x2b, teid: false, accessId: true, nullifies: true },
  aste_sequence: { code: 0x2c, teid: false, accessId: true, nullifies: true },
  extended_authority: { code: 0x2d, teid: false, accessId: true, nullifies: true },
  asce_type: { code: 0x38, teid: true, accessId: true, nullifies: true },
  region_first_translation: { code: 0x39, teid: true, accessId: true, nullifies: true },
  region_second_translation: { code: 0x3a, teid: true, accessId: true, nullifies: true },
  region_third_translation: { code: 0x3b, teid: true, accessId: true, nullifies: true },
} as const;

export type ProgramExceptionName = keyof typeof PGM;

/** A program interruption as it is answered: TEID and access id only for codes that have them. */
export interface ProgramException {
  readonly code: number;
  readonly name: ProgramExceptionName;
  /** The whole TEID, 64 bits. */
  readonly transExcCode?: bigint;
  readonly excAccessId?: number;
}

const NAMES: ReadonlyMap<number, ProgramExceptionName> = new Map(
  Object.entries(PGM).map(([name, { code }]) => [code, name as ProgramExceptionName]),
);

/** The name of a program-interruption code of the table. */
export function nameOf(code: number): ProgramExceptionName {
  const name = NAMES.get(code);
  if (name === undefined) throw new RangeError(`no access raises program interruption ${code}`);
  return name;
}
