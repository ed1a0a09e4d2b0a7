import type { CommandOf, CommandType } from './command.js';
import type { Decision } from './decision.js';
import type { S390xVm, Vm } from './state.js';

/** Other VMs, by id. */
export type Peers = ReadonlyMap<string, Vm>;

/**
 * How one type of command is decided for the VMs of one architecture: a pure function of the VM and the command. It reads
 * `vm.memory` and changes nothing.
 *
 * @param past the VM as of the version that the command names (`asOf`), else `vm` itself
 * @param more where VMs can share pages: other VMs that the command may concern, by id
 */
export type Decider<Type extends CommandType, V extends Vm = S390xVm> = (
  vm: V,
  command: CommandOf<Type>,
  past: V,
  ...more: [V] extends [S390xVm] ? [] : [peers: Peers]
) => Decision;

/** The deciders of some types of commands for the VMs of one architecture. */
export type Deciders<V extends Vm> = { readonly [Type in CommandType]?: Decider<Type, V> };
