import { toHex } from '../../audit/bulk.js';
import { low32 } from '../../aarch64/smccc-call.js';
import { takesRandom } from '../../aarch64/trng.js';
import { clockAt, takesClock } from '../../aarch64/vendor-hyp.js';
import type { Digester } from '../../digester.js';
import { RANDOM_SIZE } from '../../shapes/aarch64-smccc.js';
import type { Outer } from '../attribute.js';
import { outerOf } from '../../s390x/attributes/attributes.js';
import { WRAPPING_KEY_SIZES, type WrappedAlgorithm } from '../../s390x/model/crypto.js';
import { todAt } from '../../s390x/model/tod.js';
import { takesTime } from '../../x86_64/hypercalls/hypercall.js';
import type { Command } from '../command.js';
import { tokenGiven } from '../peers.js';
import { RULES } from '../rules.js';
import type { Vm, X86Vm } from '../state.js';

/** The outside as a command can see it: the time of its record in milliseconds since 1970, random bytes, a digest. */
export interface Outside {
  readonly time: number;
  readonly random: (size: number) => Uint8Array;
  readonly digester: Digester;
}

/** A new wrapping key, of which only the fingerprint is kept. */
function fingerprint(algorithm: WrappedAlgorithm, { random, digester }: Outside): { wrappingKey: string } {
  const key = random(WRAPPING_KEY_SIZES[algorithm]);
  const wrappingKey = toHex(digester.sha256(key));
  key.fill(0);
  return { wrappingKey };
}

/** How each kind of fact is made. */
const makers: { readonly [Kind in Outer]: (outside: Outside) => object } = {
  host_tod: ({ time }) => ({ hostTod: todAt(time) }),
  aes_wrapping_key: (outside) => fingerprint('aes', outside),
  dea_wrapping_key: (outside) => fingerprint('dea', outside),
};

/** Facts of calls that an aarch64 guest makes, and of its virtual counter, which begins with a vCPU. */
function aarch64Facts(command: Command, { time, random }: Outside): object | undefined {
  if (command.type === 'create_vcpu') return { hostCounter: clockAt(time).counter };
  if (command.type !== 'smccc') return undefined;
  const id = low32(command.functionId);
  if (takesRandom(id)) return { random: random(RANDOM_SIZE) };
  return takesClock(id) ? { clock: clockAt(time) } : undefined;
}

/** Facts of calls that an x86_64 guest makes, and of tokens. Of a token that the guest presents there is the commitment only. */
function x86Facts(vm: X86Vm, command: Command, { time, digester }: Outside): object | undefined {
  if (command.type === 'introspection_command') return command.command === 'get_map_token' ? { time } : undefined;
  if (command.type !== 'x86_hypercall') return undefined;
  const token = tokenGiven(vm, command, digester);
  return { ...(takesTime(command) && { time }), ...(token !== undefined && { token }) };
}

/**
 * A command with the facts of the outside that it takes, so that whoever decides it again sees the same. Facts that it has
 * already stay as they are. A VM that is created follows the rules of today. Used where a command comes in, never where it is
 * decided again.
 *
 * @param vm that it is given to
 */
export function withFacts(command: Command, outside: Outside, vm?: Vm): Command {
  if (command.type === 'create_vm') return { rules: RULES, ...command };
  if (vm?.arch === 'x86_64' || vm?.arch === 'aarch64') {
    const facts = vm.arch === 'aarch64' ? aarch64Facts(command, outside) : x86Facts(vm, command, outside);
    return facts ? { ...facts, ...command } : command;
  }
  if (command.type !== 'set_device_attr' && command.type !== 'get_device_attr') return command;
  const kind = outerOf(command.group, command.attr);
  const taken = kind === 'host_tod' || (kind !== undefined && command.type === 'set_device_attr');
  return taken ? { ...makers[kind](outside), ...command } : command;
}
