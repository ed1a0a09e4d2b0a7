import { z } from 'zod';
import { enableCap } from '../shapes/capability.js';
import { createVm, destroyVm } from '../shapes/create-vm.js';
import { smccc } from '../shapes/aarch64-smccc.js';
import * as attributes from '../shapes/device-attribute.js';
import {
  clearDirtyLog,
  createVcpu,
  getDirtyLog,
  readMemory,
  setUserMemoryRegion,
  writeMemory,
} from '../shapes/memory.js';
import { readMappings, translate2, translate2Batch, translateLegacy } from '../shapes/x86-access.js';
import { memOp, memOpBatch, translate, translateBatch } from '../shapes/s390x-access.js';
import { injectVmIrq } from '../shapes/s390x-floating.js';
import { getIrqState, injectIrq, setIrqState } from '../shapes/s390x-interrupt.js';
import { pvCommand, pvCpuCommand } from '../shapes/s390x-pv.js';
import { guest } from '../shapes/s390x-guest.js';
import { getCmmaBits, getSkeys, keyop, setCmmaBits, setSkeys } from '../shapes/s390x-marks.js';
import { setRegisters } from '../shapes/s390x-registers.js';
import { setAarch64Registers } from '../shapes/aarch64-registers.js';
import { eraseMemory, keepMemory } from '../shapes/erasure.js';
import { lookBack } from '../shapes/look-back.js';
import { typesOf } from '../shapes/types-of.js';
import * as kvmi from '../shapes/kvmi.js';
import { x86Guest } from '../shapes/x86-guest.js';
import { hypercall } from '../shapes/x86-hypercall.js';
import { setX86Registers } from '../shapes/x86-registers.js';
import * as sharing from '../shapes/x86-sharing.js';
import * as onVcpu from '../shapes/s390x-vcpu.js';

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
  setX86Registers,
  setAarch64Registers,
  onVcpu.getMpState,
  onVcpu.setMpState,
  onVcpu.runVcpu,
  onVcpu.resetVcpu,
  onVcpu.setInitialPsw,
  onVcpu.storeStatus,
  onVcpu.getOneReg,
  onVcpu.setOneReg,
  injectIrq,
  injectVmIrq,
  getIrqState,
  setIrqState,
  onVcpu.preFaultMemory,
  onVcpu.vcpuFault,
  onVcpu.ucasMap,
  onVcpu.ucasUnmap,
  memOp,
  memOpBatch,
  translate,
  translateBatch,
  attributes.setDeviceAttr,
  attributes.getDeviceAttr,
  attributes.hasDeviceAttr,
  attributes.setVcpuAttr,
  attributes.getVcpuAttr,
  attributes.hasVcpuAttr,
  smccc,
  translate2,
  translate2Batch,
  translateLegacy,
  readMappings,
  getSkeys,
  setSkeys,
  keyop,
  getCmmaBits,
  setCmmaBits,
  guest,
  enableCap,
  pvCommand,
  pvCpuCommand,
  x86Guest,
  hypercall,
  kvmi.hookIntrospection,
  kvmi.unhookIntrospection,
  kvmi.preunhookIntrospection,
  kvmi.allowIntrospection,
  kvmi.kvmiCommand,
  kvmi.replyToEvent,
  sharing.lendPage,
  sharing.returnPage,
  sharing.losePages,
  sharing.takeBackPages,
  eraseMemory,
  keepMemory,
  lookBack,
]);

/** A command in its normal form: defaults filled in, numbers read, names where there are names. */
export type Command = z.output<typeof command>;

export type CommandType = Command['type'];

/** Every type of command. */
export const COMMAND_TYPES = typesOf(command) as readonly CommandType[];

export type CommandOf<Type extends CommandType> = Extract<Command, { readonly type: Type }>;
