import { type Part, partsOf, fragments } from '../../../src/domain/memory/address.js';
import type { S390xVm } from '../../../src/domain/vm/state.js';
import { type Case, type Group, type Registers, groups } from '../../support/dat-vectors.js';
import { counting, onVcpu, teidOf, translated } from '../support/s390x-commands.js';
import { buildVm, load, loadDoublewords, withRegisters } from '../support/s390x-vm.js';

const control = (registers: Registers) =>
  Object.fromEntries(Object.entries(registers).map(([number, value]) => [number, BigInt(value)]));

function vmOf({ memoryMiB, facilities, image, vcpu }: Group): S390xVm {
  const registers = {
    psw: { mask: BigInt(vcpu.pswMask), addr: 0n },
    crs: control(vcpu.cr),
    prefix: Number(vcpu.prefix),
  };
  const vm = buildVm({ memoryMiB, facilities, registers });
  for (const { abs, hex, fill, count = 0 } of image) {
    if (hex !== undefined) load(vm, BigInt(abs), Buffer.from(hex, 'hex'));
    if (fill !== undefined) loadDoublewords(vm, BigInt(abs), ...new Array<bigint>(count).fill(BigInt(fill)));
  }
  return vm;
}

const joined = (parts: readonly Part[]) => partsOf(parts.flatMap(({ absolute, size }) => fragments(absolute, size)));

/** The parts that a vector expects, adjacent ones joined as the facts have them. */
const expectedParts = ({ len, expect: { abs, parts } }: Case): Part[] => {
  const list: [string, number][] = parts ?? [[abs ?? '', len]];
  return joined(list.map(([absolute, size]) => ({ absolute: BigInt(absolute) as Part['absolute'], size })));
};

const optional = (teid: string | undefined) => (teid === undefined ? undefined : BigInt(teid));

describe.each(groups.map((group) => [group.group, group] as const))('DAT as a CPU does it: %s', (_name, group) => {
  const vm = vmOf(group);

  it.each(group.cases.map((one) => [one.id, one] as const))('%s', (_id, one) => {
    const { access, gva, len, expect: expected } = one;
    const mask = BigInt(one.pswMask ?? group.vcpu.pswMask);
    const now = withRegisters(vm, { psw: { mask, addr: 0n }, crs: control(one.cr ?? {}) });
    const gaddr = BigInt(gva);
    if (access === 'fetch') {
      const { ret, reply } = translated(now, gaddr, ['exec']);
      expect([ret, reply.exception?.transExcCode]).toEqual([expected.pgm, optional(expected.teid)]);
      expect(reply.absolute).toBe(optional(expected.abs));
      return;
    }
    const op = access === 'read' ? 'logical_read' : 'logical_write';
    const decision = onVcpu(now, { op, gaddr, size: len, ...(access === 'write' && { data: counting(len) }) });
    expect([decision.ret, teidOf(decision)]).toEqual([expected.pgm, optional(expected.teid)]);
    if (expected.pgm !== 0) {
      expect(decision.events).toEqual([]);
      return;
    }
    const [fact] = decision.events;
    expect(fact?.type).toBe(access === 'read' ? 'memory_read' : 'memory_stored');
    expect(fact).toMatchObject({ parts: expectedParts(one) });
    expect(decision.events).toHaveLength(1);
  });
});
