import { transition } from 'xstate';
import { chart } from '../../../src/domain/aarch64/chart.js';
import { toJson } from '../../../src/domain/json.js';
import { apply } from '../../../src/domain/vm/folds/apply.js';
import { step } from '../../../src/domain/vm/law/consult.js';
import { event as eventSchema } from '../../../src/domain/vm/facts/event.js';
import { AARCH64_COMMANDS } from '../../../src/domain/vm/forecast/forecast-aarch64.js';
import type { Aarch64LawEvent } from '../../../src/domain/vm/law/law-aarch64.js';
import type { Aarch64Regions } from '../../../src/domain/vm/law/regions.js';
import { type Aarch64Vm, fork } from '../../../src/domain/vm/state.js';
import { Aarch64Machine } from '../support/aarch64.js';
import { MIB } from '../support/machine.js';

const configurations: readonly Aarch64Regions[] = (['live', 'destroyed'] as const).flatMap((lifecycle) =>
  (['none', 'created'] as const).flatMap((vcpus) =>
    (['never', 'ran'] as const).map((run) => ({ lifecycle, vcpus, run })),
  ),
);

const range = { base: 0x84000000, nrFunctions: 1, action: 'deny' } as const;

/** Every command that the law knows, with arguments in the ways that the guards tell apart. */
const eventsOn = (vm: Aarch64Vm): readonly Aarch64LawEvent[] => [
  ...Object.values(AARCH64_COMMANDS).map((best) => best(vm)),
  ...[0, 1].flatMap((vcpu): Aarch64LawEvent[] => [
    { type: 'enter_vcpu', vcpu },
    { type: 'run_vcpu', vcpu, immediateExit: true },
    { type: 'smccc', vcpu },
    { type: 'get_mp_state', vcpu },
    { type: 'vcpu_attr', vcpu },
    { type: 'set_mp_state', vcpu },
    { type: 'set_mp_state', vcpu, fact: { vcpu, mpState: 'runnable' } },
    { type: 'place_stolen_time', vcpu },
    { type: 'place_stolen_time', vcpu, fact: { vcpu, ipa: 1n } },
    { type: 'place_stolen_time', vcpu, fact: { vcpu, ipa: 1n << 40n } },
    { type: 'set_firmware', vcpu, firmware: { std: 2n } },
    { type: 'set_firmware', vcpu, firmware: { psciVersion: 9 } },
    { type: 'set_firmware', vcpu, firmware: { vendorHyp: 1n } },
  ]),
  { type: 'set_smccc_filter', request: undefined },
  { type: 'set_smccc_filter', request: { ...range, pad: Uint8Array.of(1) } },
  { type: 'set_smccc_filter', request: { ...range, nrFunctions: 0 } },
  { type: 'set_smccc_filter', request: { ...range, base: 0, nrFunctions: 0 }, fact: range },
  { type: 'set_smccc_filter', request: { ...range, action: 3 } },
  { type: 'set_smccc_filter', request: { ...range, base: 0x80000000 }, fact: range },
  { type: 'enable_cap', flags: 1, args: [], capability: 'arm_system_suspend' },
  { type: 'enable_cap', flags: 0, args: [], capability: 'one_reg' },
];

const withSlot = (made: Aarch64Machine): Aarch64Machine => {
  made.slot(0, 0n, MIB);
  return made;
};

describe.each<[name: string, machine: Aarch64Machine]>([
  ['a VM', new Aarch64Machine()],
  ['a VM with memory', withSlot(new Aarch64Machine())],
  ['a VM by the code', new Aarch64Machine({ semantics: 'kernel' })],
  ['a VM on a bare host', new Aarch64Machine({ host: { freeMemory: 0, stealTime: false } })],
  ['a VM whose host has one node to give', new Aarch64Machine({ host: { freeMemory: 256 } })],
  ['a VM whose vCPU is stopped', withSlot(new Aarch64Machine()).fold({ type: 'vcpus_powered_off' })],
])('the chart of %s', (_name, made) => {
  const all = configurations.flatMap((regions) => {
    const vm = { ...made.vm, regions };
    const snapshot = chart.resolveState({ value: { ...regions } });
    return eventsOn(vm).map((event) => {
      const said = transition(chart, snapshot, { ...event, vm })[1].map(({ type }) => type);
      return { vm, event, said, next: step(vm, event) };
    });
  });

  it('has exactly one arrow that speaks for every command in every configuration', () => {
    expect(all.filter(({ said }) => said.length !== 1)).toEqual([]);
  });

  it('goes where the recorded facts lead, and stays where it is when it refuses', () => {
    for (const { vm, next } of all) {
      const facts = next.verdict.refused ? [] : next.verdict.facts;
      const folded = facts.reduce((state, fact) => apply('vm', state, fact), fork(vm));
      expect(folded.regions).toEqual(next.regions);
    }
  });

  it('records facts in their written form', () => {
    const facts = all.flatMap(({ next }) => (next.verdict.refused ? [] : next.verdict.facts));
    expect(facts.filter((fact) => !eventSchema.safeParse(toJson(fact)).success)).toEqual([]);
    expect(facts.length).toBeGreaterThan(0);
  });

  it('answers ENOENT to everything once the VM is destroyed', () => {
    const dead = all.filter(({ vm }) => vm.regions.lifecycle === 'destroyed');
    expect(dead.filter(({ next }) => next.verdict.refused !== 'ENOENT')).toEqual([]);
  });
});
