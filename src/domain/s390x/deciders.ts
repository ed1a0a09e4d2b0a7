import { getDeviceAttr, hasDeviceAttr, setDeviceAttr } from './attributes.js';
import { createVcpu } from './create-vcpu.js';
import { getCmmaBits } from './get-cmma-bits.js';
import { guest } from './guest.js';
import { enableCap } from './enable-cap.js';
import { memOpBatch } from './mem-op-batch.js';
import { memOp } from './mem-op.js';
import { pvCpuCommand } from './pv-dump.js';
import { pvCommand } from './pv.js';
import { getIrqState, injectIrq, setIrqState } from './inject-irq.js';
import { injectVmIrq } from './inject-vm-irq.js';
import { setInitialPsw } from './initial-psw.js';
import { getMpState, setMpState } from './mp-state.js';
import { getOneReg, setOneReg } from './one-reg.js';
import { preFaultMemory, vcpuFault } from './pre-fault.js';
import { setRegisters } from './registers.js';
import { resetVcpu } from './reset-vcpu.js';
import { runVcpu } from './run-vcpu.js';
import { storeStatus } from './store-status.js';
import { ucasMap, ucasUnmap } from './ucas-ioctls.js';
import { setCmmaBits } from './set-cmma-bits.js';
import { getSkeys, keyop, setSkeys } from './skeys.js';
import { translate, translateBatch } from './translate.js';
import type { Deciders } from '../vm/decider.js';
import { noTranslation } from '../vm/no-translation.js';
import type { S390xVm } from '../vm/state.js';

/** Who decides what s390x VMs alone know. */
export const s390xDeciders = {
  create_vcpu: createVcpu,
  set_registers: setRegisters,
  get_mp_state: getMpState,
  set_mp_state: setMpState,
  run_vcpu: runVcpu,
  reset_vcpu: resetVcpu,
  set_initial_psw: setInitialPsw,
  store_status: storeStatus,
  get_one_reg: getOneReg,
  set_one_reg: setOneReg,
  inject_irq: injectIrq,
  inject_vm_irq: injectVmIrq,
  get_irq_state: getIrqState,
  set_irq_state: setIrqState,
  pre_fault_memory: preFaultMemory,
  vcpu_fault: vcpuFault,
  ucas_map: ucasMap,
  ucas_unmap: ucasUnmap,
  s390_mem_op: memOp,
  s390_mem_op_batch: memOpBatch,
  translate,
  translate_batch: translateBatch,
  translate_legacy: noTranslation,
  set_device_attr: setDeviceAttr,
  get_device_attr: getDeviceAttr,
  has_device_attr: hasDeviceAttr,
  enable_cap: enableCap,
  s390_get_skeys: getSkeys,
  s390_set_skeys: setSkeys,
  s390_keyop: keyop,
  s390_get_cmma_bits: getCmmaBits,
  s390_set_cmma_bits: setCmmaBits,
  s390_guest: guest,
  s390_pv_command: pvCommand,
  s390_pv_cpu_command: pvCpuCommand,
} as const satisfies Deciders<S390xVm>;
