import { changed } from '../../vm/rules.js';
import type { S390xVm } from '../../vm/state.js';
import type { Waiting, WaitingOf, WaitingType } from './next-interrupt.js';
import { machineCheckStores } from '../lowcore/lowcore-machine-check.js';
import { type Field, type MachineStore, fieldStores } from '../lowcore/lowcore-store.js';
import type { S390xRegisterFile } from '../vcpu/vcpu.js';
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
const IO: PswPair = { old: 0x170, new: 0x1f0 };

/** Which PSWs an interruption exchanges; absent for those that exchange none. */
export const PSW_PAIRS: { readonly [Type in WaitingType]?: PswPair } = {
  program_int: PROGRAM,
  mchk: MACHINE_CHECK,
  int_emergency: EXTERNAL,
  int_external_call: EXTERNAL,
  int_clock_comp: EXTERNAL,
  int_cpu_timer: EXTERNAL,
  int_service: EXTERNAL,
  pfault_init: EXTERNAL,
  pfault_done: EXTERNAL,
  int_virtio: EXTERNAL,
  int_io: IO,
  restart: RESTART,
};

/** External interruption: parameter, CPU address or kind of parameter, code, 64-bit parameter. */
const EXT = { params: 0x80, cpuAddress: 0x84, code: 0x86, params2: 0x11b8 } as const;

/** External-interruption codes (PoP, "External Interruption"; __deliver_*). */
const EXT_CODE = {
  clockComparator: 0x1004,
  cpuTimer: 0x1005,
  emergency: 0x1201,
  externalCall: 0x1202,
  serviceSignal: 0x2401,
  service: 0x2603,
} as const;

/** What says in a service interruption that a page fault is being resolved, or was, or that a virtio device has something. */
const PFAULT_INIT = 0x0600;
const PFAULT_DONE = 0x0680;
const VIRTIO = 0x0d00;

/** I/O interruption: subchannel, parameter, identification word. */
const IO_CODE = { subchannelId: 0xb8, subchannelNr: 0xba, parm: 0xbc, word: 0xc0 } as const;

/** Where an interruption is delivered. */
interface Place {
  readonly vm: S390xVm;
  readonly registers: S390xRegisterFile;
}

type FieldsOf = {
  readonly [Type in WaitingType]?: (waiting: WaitingOf<Type>, at: Place) => readonly Field[];
};

/** The CPU address of interruptions that no CPU sent; the first rules left it out. */
const noCpu = (vm: S390xVm): readonly Field[] => (changed(vm, 'externalCpuAddress') ? [[EXT.cpuAddress, 0, 2]] : []);

/** What is stored beside the old PSW, by type (s390-memop 10.4; __deliver_*, __write_machine_check). */
const FIELDS: FieldsOf = {
  program_int: (waiting, { registers }) => programStores(waiting, registers),
  int_emergency: ({ code }) => [
    [EXT.code, EXT_CODE.emergency, 2],
    [EXT.cpuAddress, code, 2],
  ],
  int_external_call: ({ code }) => [
    [EXT.code, EXT_CODE.externalCall, 2],
    [EXT.cpuAddress, code, 2],
  ],
  int_clock_comp: (_waiting, { vm }) => [[EXT.code, EXT_CODE.clockComparator, 2], ...noCpu(vm)],
  int_cpu_timer: (_waiting, { vm }) => [[EXT.code, EXT_CODE.cpuTimer, 2], ...noCpu(vm)],
  int_service: ({ extParams }) => [
    [EXT.code, EXT_CODE.serviceSignal, 2],
    [EXT.cpuAddress, 0, 2],
    [EXT.params, extParams, 4],
  ],
  pfault_init: ({ extParams2 }) => [
    [EXT.code, EXT_CODE.service, 2],
    [EXT.cpuAddress, PFAULT_INIT, 2],
    [EXT.params2, extParams2, 8],
  ],
  pfault_done: ({ extParams2 }) => [
    [EXT.code, EXT_CODE.service, 2],
    [EXT.cpuAddress, PFAULT_DONE, 2],
    [EXT.params2, extParams2, 8],
  ],
  int_virtio: ({ extParams, extParams2 }) => [
    [EXT.code, EXT_CODE.service, 2],
    [EXT.cpuAddress, VIRTIO, 2],
    [EXT.params, extParams, 4],
    [EXT.params2, extParams2, 8],
  ],
  int_io: ({ subchannelId, subchannelNr, ioIntParm, ioIntWord }) => [
    [IO_CODE.subchannelId, subchannelId, 2],
    [IO_CODE.subchannelNr, subchannelNr, 2],
    [IO_CODE.parm, ioIntParm, 4],
    [IO_CODE.word, ioIntWord, 4],
  ],
};

/** Everything that the delivery of an interruption stores but the old PSW. */
export function interruptionStores(
  vm: S390xVm,
  waiting: Waiting,
  registers: S390xRegisterFile,
): readonly MachineStore[] {
  if (waiting.type === 'mchk') return machineCheckStores(vm, waiting, registers);
  const fields = FIELDS[waiting.type] as ((one: Waiting, place: Place) => readonly Field[]) | undefined;
  return fieldStores(fields?.(waiting, { vm, registers }) ?? [], registers.prefix);
}
