import type { Interrupt, InterruptOf, InterruptType } from '../shapes/s390x-interrupt.js';
import { type MachineStore, bigEndian } from './lowcore-store.js';
import { savedRegisters } from './save-area.js';
import type { S390xRegisterFile } from './vcpu.js';
import { programStores } from './lowcore-program.js';

/** Where a class of interruption keeps its old PSW and finds its new one (PoP, "Assigned Storage Locations"). */
interface PswPair {
  readonly old: number;
  readonly new: number;
}

const RESTART: PswPair = { old: 0x120, new: 0x1a0 };
const EXTERNAL: PswPair = { old: 0x130, new: 0x1b0 };
const PROGRAM: PswPair = { old: 0x150, new: 0x1d0 };
const MACHINE_CHECK: PswPair = { old: 0x160, new: 0x1e0 };

/** Which PSWs an interruption exchanges; absent for those that exchange none. */
export const PSW_PAIRS: { readonly [Type in InterruptType]?: PswPair } = {
  program_int: PROGRAM,
  mchk: MACHINE_CHECK,
  int_emergency: EXTERNAL,
  int_external_call: EXTERNAL,
  int_clock_comp: EXTERNAL,
  int_cpu_timer: EXTERNAL,
  pfault_init: EXTERNAL,
  restart: RESTART,
};

/** A value for an offset of the lowcore, in bytes. */
export type Field = readonly [offset: number, value: bigint | number, size: number];

/** External interruption: CPU address or parameter, code, 64-bit parameter. */
const EXT = { cpuAddress: 0x84, code: 0x86, params2: 0x11b8 } as const;

/** External-interruption codes (PoP, "External Interruption"; __deliver_*). */
const EXT_CODE = {
  clockComparator: 0x1004,
  cpuTimer: 0x1005,
  emergency: 0x1201,
  externalCall: 0x1202,
  service: 0x2603,
} as const;

/** What says in a service interruption that a page fault is being resolved. */
const PFAULT_INIT = 0x0600;

const MCHK = {
  arModeId: 0xa3,
  code: 0xe8,
  extDamageCode: 0xf4,
  failingStorageAddress: 0xf8,
  fixedLogout: 0x1300,
} as const;

/** Validity of vector registers and guarded-storage controls in the MCIC: the model has neither to save. */
const NOT_SAVED = (1n << 38n) | (1n << 27n);

type FieldsOf = {
  readonly [Type in InterruptType]?: (waiting: InterruptOf<Type>, registers: S390xRegisterFile) => readonly Field[];
};

/** What is stored beside the old PSW, by type (s390-memop 10.4; __deliver_*, __write_machine_check). */
const FIELDS: FieldsOf = {
  program_int: programStores,
  mchk: ({ mcic, extDamageCode, failingStorageAddress, fixedLogout }) => [
    [MCHK.arModeId, 1, 1],
    [MCHK.code, mcic & ~NOT_SAVED, 8],
    [MCHK.extDamageCode, extDamageCode, 4],
    [MCHK.failingStorageAddress, failingStorageAddress, 8],
    [MCHK.fixedLogout, BigInt(`0x${fixedLogout}`), 16],
  ],
  int_emergency: ({ code }) => [
    [EXT.code, EXT_CODE.emergency, 2],
    [EXT.cpuAddress, code, 2],
  ],
  int_external_call: ({ code }) => [
    [EXT.code, EXT_CODE.externalCall, 2],
    [EXT.cpuAddress, code, 2],
  ],
  int_clock_comp: () => [[EXT.code, EXT_CODE.clockComparator, 2]],
  int_cpu_timer: () => [[EXT.code, EXT_CODE.cpuTimer, 2]],
  pfault_init: ({ extParams2 }) => [
    [EXT.code, EXT_CODE.service, 2],
    [EXT.cpuAddress, PFAULT_INIT, 2],
    [EXT.params2, extParams2, 8],
  ],
};

/** Everything that the delivery of an interruption stores in the lowcore but the old PSW. */
export function interruptionStores(waiting: Interrupt, registers: S390xRegisterFile): readonly MachineStore[] {
  const base = BigInt(registers.prefix);
  const fields = FIELDS[waiting.type] as ((one: Interrupt, file: S390xRegisterFile) => readonly Field[]) | undefined;
  const stored = (fields?.(waiting, registers) ?? []).map(([offset, value, size]) => ({
    absolute: base + BigInt(offset),
    bytes: bigEndian(value, size),
  }));
  return waiting.type === 'mchk' ? [...stored, ...savedRegisters(registers, base)] : stored;
}
