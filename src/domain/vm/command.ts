import { z } from 'zod';
import { createVm, destroyVm } from '../shapes/create-vm.js';
import { getDeviceAttr, hasDeviceAttr, setDeviceAttr } from '../shapes/device-attribute.js';
import {
  clearDirtyLog,
  createVcpu,
  getDirtyLog,
  readMemory,
  setUserMemoryRegion,
  writeMemory,
} from '../shapes/memory.js';
import { memOp, memOpBatch, translate, translateBatch } from '../shapes/s390x-access.js';
import { setRegisters } from '../shapes/s390x-registers.js';

/** Everything that can be asked of a VM: what the REST bodies and the journal's records are read with. */
export const command = z.discriminatedUnion('type', [
  createVm,
  destroyVm,
  setUserMemoryRegion,
  getDirtyLog,
  clearDirtyLog,
  writeMemory,
  readMemory,
  createVcpu,
  setRegisters,
  memOp,
  memOpBatch,
  translate,
  translateBatch,
  setDeviceAttr,
  getDeviceAttr,
  hasDeviceAttr,
]);

/** A command in its normal form: defaults filled in, numbers read, names where there are names. */
export type Command = z.output<typeof command>;

export type CommandType = Command['type'];

export type CommandOf<Type extends CommandType> = Extract<Command, { readonly type: Type }>;
