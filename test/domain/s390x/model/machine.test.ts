import {
  DEFAULT_MACHINE,
  MACHINE_TODAY,
  describedHost,
  machineOf,
} from '../../../../src/domain/s390x/model/machine.js';
import { s390xHost } from '../../../../src/domain/shapes/host.js';

const bitsOf = (hex: string): number[] => {
  const value = BigInt(`0x${hex}`);
  const bits = 4 * hex.length;
  return Array.from({ length: bits }, (_, i) => i).filter((i) => ((value >> BigInt(bits - 1 - i)) & 1n) === 1n);
};

describe('the machine that new VMs get', () => {
  it.each<[fact: string, value: unknown, expected: unknown]>([
    ['CPU id: machine type 3931', (MACHINE_TODAY.cpuid >> 16n) & 0xffffn, 0x3931n],
    ['CPU id: version', MACHINE_TODAY.cpuid >> 56n, 0n],
    ['lowest IBC: zEC12', MACHINE_TODAY.ibc >>> 16, 0x021],
    ['unblocked IBC: z16', MACHINE_TODAY.ibc & 0xfff, 0x061],
    ['PTFF', bitsOf(MACHINE_TODAY.subfunc.ptff ?? ''), [0, 1, 2, 3, 4, 5, 10, 13, 64, 65, 66, 67, 69, 73, 77]],
    ['PLO', bitsOf(MACHINE_TODAY.subfunc.plo ?? '').length, 24],
  ])('%s', (_fact, value, expected) => {
    expect(value).toEqual(expected);
  });

  it('fills in what a profile leaves open, and nothing else', () => {
    const host = s390xHost.parse({ ibc: 5 });
    expect(describedHost(host)).toEqual({ ...MACHINE_TODAY, ...host });
  });

  it('is not that which old records leave out', () => {
    expect(machineOf(s390xHost.parse({}))).toMatchObject({ ibc: 0x0021_0081, subfunc: DEFAULT_MACHINE.subfunc });
  });
});
