import { x86Host } from '../../shapes/host.js';
import type { Event } from '../facts/event.js';
import { forecast } from '../forecast/forecast.js';
import { type MatrixRow, memory, rowsOf, vcpu, vmOf } from './matrix.js';
import type { Semantics } from '../semantics.js';
import type { X86Vm } from '../state.js';

const hooked: Event = { type: 'introspection_hooked' };
const listening: readonly Event[] = [
  hooked,
  { type: 'events_allowed', names: ['unhook'], allowed: true },
  { type: 'vm_event_controlled', event: 'unhook', enabled: true },
];
const asked: Event = {
  type: 'vcpu_event_sent',
  seq: 1,
  vcpu: 0,
  event: 'pause_vcpu',
  details: {},
  held: { type: 'run_vcpu', vcpu: 0, immediateExit: false },
  excused: [],
};

interface Configuration {
  readonly introspection?: false;
  readonly facts: readonly Event[];
}

/** Configurations in which commands are answered differently, by name, and the facts that lead there. */
const CONFIGURATIONS: Readonly<Record<string, Configuration>> = {
  new: { facts: [] },
  'host without introspection': { introspection: false, facts: [] },
  memory: { facts: [memory] },
  'memory, vCPU': { facts: [memory, vcpu] },
  'memory, vCPU not started': {
    facts: [memory, vcpu, { type: 'x86_mp_state_set', vcpu: 0, mpState: 'uninitialized' }],
  },
  hooked: { facts: [memory, vcpu, hooked] },
  'hooked, told of unhook': { facts: [memory, vcpu, ...listening] },
  'hooked, vCPU that waits': { facts: [memory, vcpu, hooked, asked] },
  destroyed: { facts: [memory, vcpu, { type: 'vm_destroyed' }] },
};

/** The names of the configurations, in the order of a row's answers. */
export const X86_MATRIX_HEAD: readonly string[] = Object.keys(CONFIGURATIONS);

function vmIn({ introspection, facts }: Configuration, semantics: Semantics): X86Vm {
  const created: Event = {
    type: 'vm_created',
    arch: 'x86_64',
    vmType: 'default',
    semantics,
    name: '',
    labels: {},
    host: x86Host.parse({ introspection }),
  };
  return vmOf(created, facts) as X86Vm;
}

/** For every command of x86_64, and each configuration: `accepted`, or the errno whatever its arguments. */
export const x86Matrix = (semantics: Semantics): MatrixRow<string>[] =>
  rowsOf(Object.values(CONFIGURATIONS).map((configuration) => forecast(vmIn(configuration, semantics))));
