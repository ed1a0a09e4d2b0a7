import { FACILITY, facList, facMask, hasFacility } from '../../../../src/domain/s390x/model/facilities.js';
import { Machine } from '../../support/machine.js';

const LOOKED_AT = [8, 78, 130];
const answers = ({ vm }: Machine) => LOOKED_AT.map((n) => hasFacility(vm, n));

describe('a facility of the guest', () => {
  it('of a VM whose model was never touched is what the host says, for those that accesses look at', () => {
    expect(answers(new Machine())).toEqual([true, true, true]);
    for (const facilities of [[], [8], [78], [130], [8, 130], LOOKED_AT])
      expect(answers(new Machine({ host: { facilities } }))).toEqual(LOOKED_AT.map((n) => facilities.includes(n)));
  });

  it('is in the list and in the mask', () => {
    const made = new Machine({ host: { facilities: [8, 78] } });
    made.set('cpu_model', 'processor', { cpuid: 0, ibc: 0, facList: [78, 130] });
    expect(answers(made)).toEqual([false, true, false]);
  });

  it.each<[what: string, n: number, mask: boolean, list: boolean]>([
    ['of the base set', 139, true, true],
    ['not managed by the hypervisor', 17, true, true],
    ['managed, and not known', 63 + 6, false, false],
    ['for CPU models alone', 156, true, false],
    ['TLB guest', 147, true, true],
    ['that capabilities bring: 11', 11, false, false],
    ['that capabilities bring: 64', 64, false, false],
    ['that capabilities bring: 72', 72, false, false],
    ['that capabilities bring: 129', 129, false, false],
    ['that capabilities bring: 133', 133, false, false],
    ['that capabilities bring: 148', 148, false, false],
  ])('%s', (_what, n, mask, list) => {
    const { vm } = new Machine({ host: { facilities: [n] } });
    expect([facMask(vm).includes(n), facList(vm).includes(n)]).toEqual([mask, list]);
  });

  it('74 and 138 are there on any host; 147 only with its own', () => {
    const { vm } = new Machine({ host: { facilities: [] } });
    expect([facMask(vm), facList(vm)]).toEqual([
      [74, 138],
      [74, 138],
    ]);
  });

  it('65 is in the mask alone, where AP interrupts can be virtualised', () => {
    const masked = (host: object) => {
      const { vm } = new Machine({ host: { ...host } });
      return [facMask(vm).includes(65), facList(vm).includes(65)];
    };
    expect(masked({ facilities: [65], apInstructions: true })).toEqual([true, false]);
    expect(masked({ facilities: [65] })).toEqual([false, false]);
    expect(masked({ facilities: [], apInstructions: true })).toEqual([false, false]);
  });

  it('of a capability stays in the mask when a CPU model replaces the list, and joins that of the last', () => {
    const made = new Machine();
    made.run({ type: 'enable_cap', cap: 's390_ri' });
    expect(hasFacility(made.vm, FACILITY.runtimeInstrumentation)).toBe(true);
    made.set('cpu_model', 'processor', { cpuid: 0, ibc: 0, facList: [8] });
    expect(hasFacility(made.vm, FACILITY.runtimeInstrumentation)).toBe(false);
    made.set('cpu_model', 'processor', { cpuid: 0, ibc: 0, facList: [8, 64] });
    expect(hasFacility(made.vm, FACILITY.runtimeInstrumentation)).toBe(true);
    made.run({ type: 'enable_cap', cap: 's390_gs' });
    expect(facList(made.vm)).toEqual([8, 64, 133]);
    expect(hasFacility(made.vm, FACILITY.guardedStorage)).toBe(true);
  });
});
