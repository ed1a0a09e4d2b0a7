import { logsDirty } from '../../memory/memslot.js';
import type { CommonLawEvent } from '../law/law-common.js';
import type { Vm } from '../state.js';

/** The lowest number that no vCPU has. */
export function freeVcpuId({ vcpus }: Vm): number {
  let id = 0;
  while (vcpus.has(id)) id++;
  return id;
}

/** The vCPU that has the best chance: one that fits, else the first; 0 where there is none. */
export function bestVcpu<Vcpu extends { readonly id: number }>(
  { vcpus }: { readonly vcpus: ReadonlyMap<number, Vcpu> },
  fits: (vcpu: Vcpu) => boolean = () => true,
): number {
  const all = [...vcpus.values()];
  return (all.find(fits) ?? all[0])?.id ?? 0;
}

/** The number of a slot that logs, if there is one. */
export const loggingSlot = ({ memory }: Vm): number => memory.slots.find(logsDirty)?.slot ?? 0;

/** Commands of VMs of every architecture but s390x, with the arguments that have the best chance. */
export const COMMON_COMMANDS = {
  destroy_vm: () => ({ type: 'destroy_vm' }),
  set_user_memory_region: () => ({ type: 'set_user_memory_region', kind: 'create', logs: true, end: 1 }),
  get_dirty_log: (vm) => ({ type: 'get_dirty_log', slot: loggingSlot(vm) }),
  clear_dirty_log: (vm) => ({
    type: 'clear_dirty_log',
    slot: loggingSlot(vm),
    firstPage: 0n,
    numPages: 0,
    readable: true,
  }),
  write_memory: () => ({ type: 'write_memory' }),
  read_memory: () => ({ type: 'read_memory' }),
  create_vcpu: (vm) => ({ type: 'create_vcpu', vcpu: freeVcpuId(vm) }),
  set_registers: () => ({ type: 'set_registers' }),
} as const satisfies Readonly<Record<string, (vm: Vm) => CommonLawEvent>>;
