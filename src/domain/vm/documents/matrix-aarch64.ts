import { aarch64Host } from '../../shapes/host.js';
import type { Event } from '../facts/event.js';
import { forecast } from '../forecast/forecast.js';
import { type MatrixRow, memory, rowsOf, vcpu, vmOf } from './matrix.js';
import type { Semantics } from '../semantics.js';
import type { Aarch64Vm } from '../state.js';

const ran: Event = { type: 'vm_ran', vcpu: 0 };

/** Configurations in which commands are answered differently, by name, and the facts that lead there. */
const CONFIGURATIONS: Readonly<Record<string, readonly Event[]>> = {
  new: [],
  memory: [memory],
  'memory, vCPU': [memory, vcpu],
  'memory, vCPU that ran': [memory, vcpu, ran],
  'memory, vCPU that was stopped': [memory, vcpu, ran, { type: 'power_state_set', vcpu: 0, mpState: 'stopped' }],
  'memory, vCPU with stolen time': [memory, vcpu, { type: 'stolen_time_placed', vcpu: 0, ipa: 0n }],
  destroyed: [memory, vcpu, { type: 'vm_destroyed' }],
};

/** The names of the configurations, in the order of a row's answers. */
export const AARCH64_MATRIX_HEAD: readonly string[] = Object.keys(CONFIGURATIONS);

function vmWith(facts: readonly Event[], semantics: Semantics): Aarch64Vm {
  const created: Event = {
    type: 'vm_created',
    arch: 'aarch64',
    vmType: 'default',
    semantics,
    name: '',
    labels: {},
    host: aarch64Host.parse({}),
  };
  return vmOf(created, facts) as Aarch64Vm;
}

/** For every command of aarch64, and each configuration: `accepted`, or the errno whatever its arguments. */
export const aarch64Matrix = (semantics: Semantics): MatrixRow<string>[] =>
  rowsOf(Object.values(CONFIGURATIONS).map((facts) => forecast(vmWith(facts, semantics))));
