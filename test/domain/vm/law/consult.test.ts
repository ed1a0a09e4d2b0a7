import fc from 'fast-check';
import { transition } from 'xstate';
import { toJson } from '../../../../src/domain/json.js';
import { chart } from '../../../../src/domain/s390x/chart/chart.js';
import { apply } from '../../../../src/domain/vm/folds/apply.js';
import { type Step, consult, step } from '../../../../src/domain/vm/law/consult.js';
import { event as eventSchema } from '../../../../src/domain/vm/facts/event.js';
import { DATA_PLANE, type S390xLawEvent } from '../../../../src/domain/vm/law/law.js';
import { INITIAL_REGIONS, type Regions, type S390xRegions } from '../../../../src/domain/vm/law/regions.js';
import { type S390xVm, fork } from '../../../../src/domain/vm/state.js';
import { allLawEvents, allRegions } from '../../support/law.js';
import { MIB, Machine, type MachineOptions } from '../../support/machine.js';

const hosts: readonly [name: string, options: MachineOptions, slots: boolean][] = [
  ['a default VM', {}, true],
  ['a VM without slots', {}, false],
  ['a VM by the code', { semantics: 'kernel' }, true],
  ['a UCONTROL VM', { vmType: 'ucontrol' }, false],
  ['a VM on a bare machine', { host: { cmma: false, protectedVirtualization: false, freeMemory: 0 } }, true],
  ['a small VM', { host: { maxGuestMemory: MIB } }, true],
];

const machine = (options: MachineOptions, slots: boolean): S390xVm => {
  const made = new Machine(options);
  if (slots) {
    made.slot(0, 0n, MIB / 2n, ['log_dirty_pages']);
    made.slot(1, MIB / 2n, MIB / 2n);
  }
  return made.vm;
};

interface Asked {
  readonly vm: S390xVm;
  readonly event: S390xLawEvent;
  readonly said: readonly string[];
  readonly next: Step;
}

/** Every command in the given configurations. */
function askAll(made: S390xVm, configurations: readonly S390xRegions[]): Asked[] {
  return configurations.flatMap((regions) => {
    const vm = { ...made, regions };
    const snapshot = chart.resolveState({ value: { ...regions } });
    return allLawEvents.map((event) => {
      const said = transition(chart, snapshot, { ...event, vm })[1].map(({ type }) => type);
      return { vm, event, said, next: step(vm, event) };
    });
  });
}

const same = (a: Regions, b: Regions): boolean => JSON.stringify(a) === JSON.stringify(b);

const folded = (vm: S390xVm, { verdict }: Step): S390xVm =>
  (verdict.refused ? [] : verdict.facts).reduce((state, fact) => apply('vm', state, fact), fork(vm));

/** Each machine takes its turn of the configurations, so that together they see every one; the whole product takes minutes. */
const turnOf = (host: number): S390xRegions[] =>
  allRegions.filter((regions, i) => i % hosts.length === host || deviations(regions) <= 1);

const deviations = (regions: S390xRegions): number =>
  Object.entries(INITIAL_REGIONS.s390x).filter(([name, state]) => regions[name as keyof S390xRegions] !== state).length;

describe.each(hosts.map((host, i) => [...host, i] as const))('the chart of %s', (_name, options, slots, host) => {
  const all = askAll(machine(options, slots), turnOf(host));

  it('has exactly one arrow that speaks for every command in every configuration', () => {
    expect(all.filter(({ said }) => said.length !== 1)).toEqual([]);
  });

  it('stays where it is when it refuses', () => {
    expect(all.filter(({ vm, next }) => next.verdict.refused && !same(next.regions, vm.regions))).toEqual([]);
  });

  it('goes where the recorded facts lead', () => {
    expect(all.filter(({ vm, next }) => !same(folded(vm, next).regions, next.regions))).toEqual([]);
  });

  it('records facts in their written form', () => {
    const facts = all.flatMap(({ next }) => (next.verdict.refused ? [] : next.verdict.facts));
    expect(facts.filter((fact) => !eventSchema.safeParse(toJson(fact)).success)).toEqual([]);
  });

  it('answers ENOENT to everything once the VM is destroyed', () => {
    const dead = all.filter(({ vm }) => vm.regions.lifecycle === 'destroyed');
    expect(dead.filter(({ next }) => next.verdict.refused !== 'ENOENT')).toEqual([]);
  });
});

describe('a life by the chart', () => {
  it('is the same in the chart and in the fold of its facts', () => {
    const life = fc.array(fc.constantFrom(...allLawEvents), { maxLength: 30 });
    const on = fc.constantFrom(...hosts);
    fc.assert(
      fc.property(on, life, ([, options, slots], events) => {
        let vm = machine(options, slots);
        let chartRegions = vm.regions;
        for (const event of events) {
          const { verdict, regions } = step({ ...vm, regions: chartRegions }, event);
          chartRegions = regions as S390xRegions;
          const facts = verdict.refused ? [] : verdict.facts;
          vm = facts.reduce((state, fact) => apply('vm', state, fact), vm);
          expect(vm.regions).toEqual(chartRegions);
        }
      }),
    );
  });
});

describe('consult', () => {
  it.each(DATA_PLANE)('answers %s the same when it is asked again, and what is new when the VM has changed', (type) => {
    const [bare, slotted] = [machine({}, false), machine({}, true)];
    for (const regions of allRegions.filter((_, i) => i % 4 === 0)) {
      const vm = { ...bare, regions };
      const withSlots = { ...slotted, regions };
      for (const asked of [vm, vm, withSlots, withSlots, vm])
        expect(consult(asked, { type })).toEqual(step(asked, { type }).verdict);
    }
  });

  it('takes a command that the chart does not know for an unknown ioctl', () => {
    const unknown = { type: 'get_lost' as 'pv_info' };
    expect(consult(machine({}, true), unknown)).toEqual({ refused: 'ENOTTY' });
  });
});
