import { clearDirtyLog, getDirtyLog } from '../memory/dirty-log.js';
import { readMemory, writeMemory } from '../memory/host-access.js';
import { setUserMemoryRegion } from '../memory/set-user-memory-region.js';
import { getDeviceAttr, hasDeviceAttr, setDeviceAttr } from '../s390x/attributes.js';
import { getCmmaBits } from '../s390x/get-cmma-bits.js';
import { guest } from '../s390x/guest.js';
import { enableCap } from '../s390x/enable-cap.js';
import { memOpBatch } from '../s390x/mem-op-batch.js';
import { memOp } from '../s390x/mem-op.js';
import { pvCpuCommand } from '../s390x/pv-dump.js';
import { pvCommand } from '../s390x/pv.js';
import { getIrqState, injectIrq, setIrqState } from '../s390x/inject-irq.js';
import { setInitialPsw } from '../s390x/initial-psw.js';
import { getMpState, setMpState } from '../s390x/mp-state.js';
import { getOneReg, setOneReg } from '../s390x/one-reg.js';
import { preFaultMemory, vcpuFault } from '../s390x/pre-fault.js';
import { setRegisters } from '../s390x/registers.js';
import { resetVcpu } from '../s390x/reset-vcpu.js';
import { runVcpu } from '../s390x/run-vcpu.js';
import { storeStatus } from '../s390x/store-status.js';
import { ucasMap, ucasUnmap } from '../s390x/ucas-ioctls.js';
import { setCmmaBits } from '../s390x/set-cmma-bits.js';
import { getSkeys, keyop, setSkeys } from '../s390x/skeys.js';
import { translate, translateBatch } from '../s390x/translate.js';
import type { Command, CommandType } from './command.js';
import { createVcpu } from './create-vcpu.js';
import { createVm, destroyVm } from './create-vm.js';
import { type Decider } from './decider.js';
import { type Decision, refused } from './decision.js';
import type { Vm } from './state.js';

/** Who decides what. */
const deciders: { readonly [Type in Exclude<CommandType, 'create_vm'>]: Decider<Type> } = {
  destroy_vm: destroyVm,
  set_user_memory_region: setUserMemoryRegion,
  get_dirty_log: getDirtyLog,
  clear_dirty_log: clearDirtyLog,
  write_memory: writeMemory,
  read_memory: readMemory,
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
};

/**
 * What comes of a command: pure, total, and all that the journal needs to know. Nothing is changed.
 *
 * @param vm the VM now; undefined if it was never created
 * @param past the VM as of the command's `asOf`, where it has one: the past of a VM that was destroyed can still be read
 */
export function decide(vm: Vm | undefined, command: Command, past?: Vm): Decision {
  if (command.type === 'create_vm') return createVm(vm, command);
  const seen = past ?? vm;
  if (vm === undefined || seen?.regions.lifecycle !== 'live') return refused('ENOENT');
  return (deciders[command.type] as Decider<CommandType>)(vm, command, seen);
}
