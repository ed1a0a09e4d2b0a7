import type { Errno } from '../../errno.js';
import { NO_MEM_LIMIT, memLimit } from '../../s390x/dat/memory-limit.js';
import { lostProtection, someProtected } from '../../s390x/pv/secure-cpu.js';
import type { FloatingInterrupt } from '../../shapes/s390x-floating.js';
import { consult } from '../law/consult.js';
import { ATTRIBUTE_COMMANDS } from './forecast-attributes.js';
import { COMMON_COMMANDS, freeVcpuId, loggingSlot } from './forecast-common.js';
import { AARCH64_COMMANDS } from './forecast-aarch64.js';
import { X86_COMMANDS } from './forecast-x86.js';
import { VCPU_COMMANDS } from './forecast-vcpu.js';
import type { LawEvent, PlainLawEvent, S390xLawEvent } from '../law/law.js';
import type { S390xVm, Vm } from '../state.js';

/** The event with the arguments that have the best chance: if these are refused, so are all. */
type Best = (vm: S390xVm) => S390xLawEvent;

const plain =
  (type: PlainLawEvent['type']): Best =>
  () => ({ type });

const someUnreachable = (vm: S390xVm): boolean => [...vm.vcpus.values()].some((vcpu) => lostProtection(vm, vcpu));

const allUnreachable = (vm: S390xVm): boolean =>
  vm.vcpus.size > 0 && vm.regions.protection !== 'none' && !someProtected(vm);

const SEGMENT = 1n << 20n;

/** A floating interruption of which there is no most. */
const SERVICE: FloatingInterrupt = { type: 'int_service', extParams: 0, sccb: true, event: false };

/** The highest limit that is whole segments. */
const highestLimit = (vm: S390xVm): bigint => {
  const ceiling = memLimit(vm);
  return (ceiling === NO_MEM_LIMIT ? ceiling - SEGMENT : ceiling) & -SEGMENT;
};

/** Every command that an s390x VM knows: by type, and by attribute, kind or file descriptor where the law differs. */
const S390X_COMMANDS = {
  destroy_vm: plain('destroy_vm'),
  set_user_memory_region: () => ({ type: 'set_user_memory_region', kind: 'create', logs: true, end: 1 }),
  get_dirty_log: (vm) => ({ type: 'get_dirty_log', slot: loggingSlot(vm) }),
  clear_dirty_log: COMMON_COMMANDS.clear_dirty_log,
  write_memory: plain('write_memory'),
  read_memory: plain('read_memory'),
  create_vcpu: (vm) => ({ type: 'create_vcpu', vcpu: freeVcpuId(vm) }),
  set_registers: plain('set_registers'),
  ...VCPU_COMMANDS,
  s390_mem_op: plain('vm_mem_op'),
  s390_mem_op_batch: plain('vm_mem_op_batch'),
  'vcpu/s390_mem_op': (vm) => ({ type: someUnreachable(vm) ? 'unprotected_vcpu_mem_op' : 'vcpu_mem_op' }),
  'vcpu/s390_mem_op/sida': (vm) => ({ type: allUnreachable(vm) ? 'unprotected_sida_op' : 'sida_op' }),
  'vcpu/s390_mem_op_batch': plain('vcpu_mem_op_batch'),
  translate: plain('translate'),
  translate_batch: plain('translate'),
  'mem_ctrl/enable_cmma': plain('enable_cmma'),
  'mem_ctrl/clr_cmma': plain('clear_cmma'),
  'mem_ctrl/limit_size': (vm) => ({ type: 'limit_mem_size', limit: highestLimit(vm) }),
  'migration/start': plain('migration_start'),
  'migration/stop': plain('migration_stop'),
  'pv/enable': plain('pv_enable'),
  'pv/disable': plain('pv_disable'),
  'pv/set_sec_parms': plain('pv_set_sec_parms'),
  'pv/unpack': plain('pv_unpack'),
  'pv/verify': plain('pv_verify'),
  'pv/prep_reset': plain('pv_prep_reset'),
  'pv/unshare_all': plain('pv_unshare_all'),
  'pv/info': plain('pv_info'),
  'pv/dump/init': plain('pv_dump_init'),
  'pv/dump/config_stor_state': plain('pv_dump_config_stor_state'),
  'pv/dump/complete': plain('pv_dump_complete'),
  'pv/async_cleanup_prepare': plain('pv_async_cleanup_prepare'),
  'pv/async_cleanup_perform': plain('pv_async_cleanup_perform'),
  'vcpu/pv/dump/cpu': (vm) => ({ type: 'pv_cpu_dump', ultravisorRefuses: allUnreachable(vm) }),
  get_device_attr: plain('get_device_attr'),
  has_device_attr: plain('has_device_attr'),
  ...ATTRIBUTE_COMMANDS,
  s390_get_skeys: () => ({ type: 's390_get_skeys', flagsKnown: true, count: 1n }),
  s390_set_skeys: () => ({ type: 's390_set_skeys', flagsKnown: true, count: 1n, readable: true }),
  s390_keyop: () => ({ type: 's390_keyop', known: true }),
  s390_get_cmma_bits: () => ({ type: 's390_get_cmma_bits', flagsKnown: true, count: 0n, peek: true }),
  s390_set_cmma_bits: () => ({ type: 's390_set_cmma_bits', flagsKnown: true, count: 0n, readable: true }),
  s390_guest: plain('s390_guest'),
  inject_vm_irq: () => ({ type: 'inject_vm_irq', readable: true, floating: SERVICE }),
} as const satisfies Record<string, Best>;

/** A command as a forecast of an s390x VM names it. */
export type ForecastKey = keyof typeof S390X_COMMANDS;

const COMMANDS = { s390x: S390X_COMMANDS, x86_64: X86_COMMANDS, aarch64: AARCH64_COMMANDS } as const;

/** For every command: `accepted`, or the errno that the VM's configuration answers to it whatever its arguments. */
export function forecast(vm: S390xVm): Record<ForecastKey, 'accepted' | Errno>;
export function forecast(vm: Vm): Record<string, 'accepted' | Errno>;
export function forecast(vm: Vm): Record<string, 'accepted' | Errno> {
  const commands = Object.entries(COMMANDS[vm.arch]) as [string, (vm: Vm) => LawEvent][];
  return Object.fromEntries(commands.map(([key, best]) => [key, consult(vm, best(vm)).refused ?? 'accepted']));
}
