import { aarch64Deciders } from '../aarch64/deciders.js';
import { clearDirtyLog, getDirtyLog } from '../memory/dirty-log.js';
import { readMemory, writeMemory } from '../memory/host-access.js';
import { setUserMemoryRegion } from '../memory/set-user-memory-region.js';
import { s390xDeciders } from '../s390x/deciders.js';
import { x86Deciders } from '../x86_64/deciders.js';
import type { Command, CommandType } from './command.js';
import { createVcpu } from './create-vcpu.js';
import { createVm, destroyVm } from './create-vm.js';
import { eraseMemory, keepMemory } from './erasure.js';
import type { Deciders, Peers } from './decider.js';
import { type Decision, done, refused } from './decision.js';
import type { Arch, Vm } from './state.js';

/** Who decides what VMs of every architecture know. */
const common = {
  destroy_vm: destroyVm,
  set_user_memory_region: setUserMemoryRegion,
  get_dirty_log: getDirtyLog,
  clear_dirty_log: clearDirtyLog,
  write_memory: writeMemory,
  read_memory: readMemory,
  create_vcpu: createVcpu,
  keep_memory: keepMemory,
} as const satisfies Deciders<Vm>;

/** Who decides what, by architecture; a command that is not there is an unknown ioctl. */
const DECIDERS = {
  s390x: { ...common, ...s390xDeciders },
  x86_64: { ...common, ...x86Deciders },
  aarch64: { ...common, ...aarch64Deciders },
} as const satisfies Readonly<Record<Arch, object>>;

type AnyDecider = (vm: Vm, command: Command, past: Vm, peers: Peers) => Decision;

const NOBODY: Peers = new Map();

/**
 * What comes of a command: pure, total, and all that the journal needs to know. Nothing is changed. A command that the VM's
 * architecture does not have is ENOTTY.
 *
 * @param vm the VM now; undefined if it was never created
 * @param past the VM as of the command's `asOf`, where it has one: the past of a VM that was destroyed can still be read
 * @param peers other VMs that the command may concern, by id
 */
export function decide(vm: Vm | undefined, command: Command, past?: Vm, peers: Peers = NOBODY): Decision {
  if (command.type === 'create_vm') return createVm(vm, command);
  if (vm !== undefined && command.type === 'erase_memory') return eraseMemory(command);
  if (vm !== undefined && command.type === 'look_back') return done([]);
  const seen = past ?? vm;
  if (vm === undefined || seen?.regions.lifecycle !== 'live') return refused('ENOENT');
  const deciders = DECIDERS[vm.arch] as Readonly<Partial<Record<CommandType, AnyDecider>>>;
  return deciders[command.type]?.(vm, command, seen, peers) ?? refused('ENOTTY');
}
