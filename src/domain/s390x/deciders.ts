import { getDeviceAttr, hasDeviceAttr, setDeviceAttr } from './attributes/attributes.js';
import { createVcpu } from './vcpu/create-vcpu.js';
import { getCmmaBits } from './marks/get-cmma-bits.js';
import { guest } from './guest/guest.js';
import { enableCap } from './model/enable-cap.js';
import { memOpBatch } from './mem-op/mem-op-batch.js';
import { memOp } from './mem-op/mem-op.js';
import { pvCpuCommand } from './pv/pv-dump.js';
import { pvCommand } from './pv/pv.js';
import { getIrqState, injectIrq, setIrqState } from './interrupts/inject-irq.js';
import { injectVmIrq } from './interrupts/inject-vm-irq.js';
import { setInitialPsw } from './vcpu/initial-psw.js';
import { getMpState, setMpState } from './vcpu/mp-state.js';
import { getOneReg, setOneReg } from './vcpu/one-reg.js';
import { preFaultMemory, vcpuFault } from './dat/pre-fault.js';
import { setRegisters } from './vcpu/registers.js';
import { resetVcpu } from './vcpu/reset-vcpu.js';
import { runVcpu } from './interrupts/run-vcpu.js';
import { storeStatus } from './lowcore/store-status.js';
import { ucasMap, ucasUnmap } from './vcpu/ucas-ioctls.js';
import { setCmmaBits } from './marks/set-cmma-bits.js';
import { getSkeys, keyop, setSkeys } from './marks/skeys.js';
import { translate, translateBatch } from './dat/translate.js';
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
