import { clearDirtyLog, getDirtyLog } from '../memory/dirty-log.js';
import { readMemory, writeMemory } from '../memory/host-access.js';
import { setUserMemoryRegion } from '../memory/set-user-memory-region.js';
import { getDeviceAttr, hasDeviceAttr, setDeviceAttr } from '../s390x/attributes.js';
import { memOpBatch } from '../s390x/mem-op-batch.js';
import { memOp } from '../s390x/mem-op.js';
import { setRegisters } from '../s390x/registers.js';
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
  s390_mem_op: memOp,
  s390_mem_op_batch: memOpBatch,
  translate,
  translate_batch: translateBatch,
  set_device_attr: setDeviceAttr,
  get_device_attr: getDeviceAttr,
  has_device_attr: hasDeviceAttr,
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
