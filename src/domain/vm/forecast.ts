import type { Errno } from '../errno.js';
import { logsDirty } from '../memory/memslot.js';
import { NO_MEM_LIMIT, memLimit } from '../s390x/memory-limit.js';
import { consult } from './consult.js';
import type { LawEvent } from './law.js';
import type { Vm } from './state.js';

/** The event with the arguments that have the best chance: if these are refused, so are all. */
type Best = (vm: Vm) => LawEvent;

const plain =
  (
    type: Exclude<LawEvent['type'], 'create_vcpu' | 'set_user_memory_region' | 'get_dirty_log' | 'limit_mem_size'>,
  ): Best =>
  () => ({ type });

function freeVcpuId({ vcpus }: Vm): number {
  let id = 0;
  while (vcpus.has(id)) id++;
  return id;
}

const SEGMENT = 1n << 20n;

/** The highest limit that is whole segments. */
const highestLimit = (vm: Vm): bigint => {
  const ceiling = memLimit(vm);
  return (ceiling === NO_MEM_LIMIT ? ceiling - SEGMENT : ceiling) & -SEGMENT;
};

/** Every command that an s390x VM knows: by type, and by attribute, kind or file descriptor where the law differs. */
const COMMANDS = {
  destroy_vm: plain('destroy_vm'),
  set_user_memory_region: () => ({ type: 'set_user_memory_region', kind: 'create', logs: true, end: 1 }),
  get_dirty_log: ({ memory }) => ({ type: 'get_dirty_log', slot: memory.slots.find(logsDirty)?.slot ?? 0 }),
  clear_dirty_log: plain('clear_dirty_log'),
  write_memory: plain('write_memory'),
  read_memory: plain('read_memory'),
  create_vcpu: (vm) => ({ type: 'create_vcpu', vcpu: freeVcpuId(vm) }),
  set_registers: plain('set_registers'),
  s390_mem_op: plain('vm_mem_op'),
  s390_mem_op_batch: plain('vm_mem_op_batch'),
  'vcpu/s390_mem_op': plain('vcpu_mem_op'),
  'vcpu/s390_mem_op/sida': plain('sida_op'),
  'vcpu/s390_mem_op_batch': plain('vcpu_mem_op_batch'),
  translate: plain('translate'),
  translate_batch: plain('translate'),
  'mem_ctrl/enable_cmma': plain('enable_cmma'),
  'mem_ctrl/clr_cmma': plain('clear_cmma'),
  'mem_ctrl/limit_size': (vm) => ({ type: 'limit_mem_size', limit: highestLimit(vm) }),
  'migration/start': plain('migration_start'),
  'migration/stop': plain('migration_stop'),
  get_device_attr: plain('get_device_attr'),
  has_device_attr: plain('has_device_attr'),
} as const satisfies Record<string, Best>;

/** A command as a forecast names it. */
export type ForecastKey = keyof typeof COMMANDS;

/** For every command: `accepted`, or the errno that the VM's configuration answers to it whatever its arguments. */
export function forecast(vm: Vm): Record<ForecastKey, 'accepted' | Errno> {
  const answers = Object.entries(COMMANDS).map(([key, best]: [string, Best]) => [
    key,
    consult(vm, best(vm)).refused ?? 'accepted',
  ]);
  return Object.fromEntries(answers) as Record<ForecastKey, 'accepted' | Errno>;
}
