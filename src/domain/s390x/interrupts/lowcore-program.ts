import type { InterruptOf } from '../../shapes/s390x-interrupt.js';
import { PGM_PER } from './interrupt.js';
import type { Field } from '../lowcore/lowcore-store.js';
import type { S390xRegisterFile } from '../vcpu/vcpu.js';

type Program = InterruptOf<'program_int'>;

/** Fields of the lowcore that program interruptions fill in (PoP, "Assigned Storage Locations"; s390-memop 10.4). */
const teid = ({ transExcCode }: Program): Field => [0xa8, transExcCode, 8];
const accessId = ({ excAccessId }: Program): Field => [0xa0, excAccessId, 1];
const operandAccessId = ({ opAccessId = 0 }: Program): Field => [0xa2, opAccessId, 1];
const dataExceptionCode = ({ dataExcCode = 0 }: Program): Field => [0x90, dataExcCode, 4];
const monitorClass = ({ monClassNr = 0 }: Program): Field => [0x94, monClassNr, 2];
const monitorCode = ({ monCode = 0n }: Program): Field => [0xb0, monCode, 8];

interface Kind {
  readonly codes: readonly number[];
  readonly fields: readonly ((program: Program) => Field)[];
  /** Whether the instruction is to be executed again: the old PSW designates it. */
  readonly nullifies: boolean;
}

/** What program interruptions store, by code (__deliver_prog; PoP, "Program Interruption Conditions"). Other codes store nothing more. */
const KINDS: readonly Kind[] = [
  /** AFX, ASX, LX, EX, LFX and LSX translation, primary and secondary authority, LSTE sequence. */
  { codes: [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2e], fields: [teid], nullifies: true },
  /** Space switch. */
  { codes: [0x1c], fields: [teid], nullifies: false },
  /** ALEN translation, ALE sequence, ASTE validity, sequence and instance, extended authority. */
  { codes: [0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2f], fields: [accessId], nullifies: true },
  /** Segment, page, ASCE-type and region translation. */
  { codes: [0x10, 0x11, 0x38, 0x39, 0x3a, 0x3b], fields: [teid, accessId, operandAccessId], nullifies: true },
  { codes: [0x40], fields: [monitorClass, monitorCode], nullifies: false },
  /** Data and vector processing. */
  { codes: [0x07, 0x1b], fields: [dataExceptionCode], nullifies: false },
  { codes: [0x04], fields: [teid, accessId], nullifies: false },
  /** Trace table, stack full, empty, specification, type and operation, crypto operation. */
  { codes: [0x16, 0x30, 0x31, 0x32, 0x33, 0x34, 0x119], fields: [], nullifies: true },
];

const kindOf = ({ code }: Program): Kind | undefined => KINDS.find(({ codes }) => codes.includes(code & ~PGM_PER));

/** KVM_S390_PGM_FLAGS_ILC_MASK, which is the length of the instruction in bytes, and _NO_REWIND. */
const ILC = 0x06;
const NO_REWIND = 0x08;

const lengthOf = ({ flags = 0 }: Program): number => flags & ILC;

/** How far back the old PSW's address goes, in bytes (kvm_s390_rewind_psw). */
export function rewindOf(program: Program): number {
  const rewinds = (kindOf(program)?.nullifies ?? false) && ((program.flags ?? 0) & NO_REWIND) === 0;
  return rewinds ? lengthOf(program) : 0;
}

const perFields = ({ perCode = 0, perAtmid = 0, perAddress = 0n, perAccessId = 0 }: Program): Field[] => [
  [0x96, perCode, 1],
  [0x97, perAtmid, 1],
  [0x98, perAddress, 8],
  [0xa1, perAccessId, 1],
];

/** What a program interruption stores in the lowcore beside the old PSW. */
export const programStores = (program: Program, { gbea }: S390xRegisterFile): readonly Field[] => [
  ...(kindOf(program)?.fields ?? []).map((field) => field(program)),
  ...((program.code & PGM_PER) === 0 ? [] : perFields(program)),
  [0x8c, lengthOf(program), 2],
  [0x8e, program.code, 2],
  [0x110, gbea, 8],
];
