import { toJson } from '../../../src/domain/json.js';
import { type Command, command } from '../../../src/domain/vm/command.js';
import type { Vm } from '../../../src/domain/vm/state.js';
import { withFacts } from '../../../src/domain/vm/folds/with-facts.js';
import { digester } from '../support/test-digester.js';

const parse = (input: object): Command => command.parse(input);
const call = (functionId: unknown) => parse({ type: 'smccc', vcpu: 0, conduit: 'hvc', functionId });

const aarch64Vm = { arch: 'aarch64' } as Vm;

const outside = { time: 1000, random: (size: number) => new Uint8Array(size).fill(7), digester };

describe('facts of the outside for an aarch64 VM', () => {
  it.each<[what: string, input: Command, fact: object]>([
    ['TRNG_RND32', call(0x84000053), { random: new Uint8Array(24).fill(7) }],
    ['TRNG_RND64, whatever is in the upper half', call('0xffffffffc4000053'), { random: new Uint8Array(24).fill(7) }],
    ['PTP', call(0x86000001), { clock: { realTime: 1_000_000_000n, counter: 1_000_000_000n } }],
    ['a new vCPU', parse({ type: 'create_vcpu', id: 0 }), { hostCounter: 1_000_000_000n }],
  ])('%s takes one', (_what, input, fact) => {
    const told = withFacts(input, outside, aarch64Vm);
    expect(told).toEqual({ ...input, ...fact });
    expect(command.parse(toJson(told))).toEqual(told);
  });

  it.each<[what: string, input: Command]>([
    ['TRNG_VERSION', call(0x84000050)],
    ['PSCI_VERSION', call(0x84000000)],
    ['the TOD clock, which it has not', parse({ type: 'get_device_attr', group: 'tod', attr: 'low' })],
    ['its end', parse({ type: 'destroy_vm' })],
  ])('%s takes none', (_what, input) => {
    expect(withFacts(input, outside, aarch64Vm)).toBe(input);
  });

  it('a new vCPU of another architecture takes none', () => {
    const input = parse({ type: 'create_vcpu', id: 0 });
    expect(withFacts(input, outside, { arch: 's390x' } as Vm)).toBe(input);
    expect(withFacts(input, outside)).toBe(input);
  });
});
