import type { CommandOf, CommandType } from './command.js';
import type { Decision } from './decision.js';
import type { Vm } from './state.js';

/**
 * How one type of command is decided: a pure function of the VM and the command. It reads `vm.memory` and changes nothing.
 *
 * @param past the VM as of the version that the command names (`asOf`), else `vm` itself
 */
export type Decider<Type extends CommandType> = (vm: Vm, command: CommandOf<Type>, past: Vm) => Decision;
