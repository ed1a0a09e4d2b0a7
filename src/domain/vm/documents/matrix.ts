import { s390xHost } from '../../shapes/host.js';
import { apply } from '../folds/apply.js';
import type { Event } from '../facts/event.js';
import { type ForecastKey, forecast } from '../forecast/forecast.js';
import { RULES } from '../rules.js';
import type { Semantics } from '../semantics.js';
import type { S390xVm, Vm } from '../state.js';

const SLOT_SIZE = 1n << 20n;

/** One MiB of memory from 0 on, whose writes are logged. */
export const memory: Event = {
  type: 'memslot_created',
  slot: 0,
  guestPhysAddr: 0n,
  size: SLOT_SIZE,
  userspaceAddr: 0n,
  flags: ['log_dirty_pages'],
};
export const vcpu: Event = { type: 'vcpu_created', vcpu: 0 };
const secure: readonly Event[] = [
  memory,
  vcpu,
  { type: 'user_cpu_state_control_taken' },
  { type: 'protection_enabled' },
];

/** What a VM has come to by facts; the first one creates it. */
export const vmOf = (created: Event, facts: readonly Event[]): Vm =>
  facts.reduce((vm, fact) => apply(vm.id, vm, fact), apply('vm', undefined, created));

interface Configuration {
  readonly vmType?: S390xVm['vmType'];
  readonly facts: readonly Event[];
}

/** Configurations in which commands are answered differently, by name, and the facts that lead there. */
const CONFIGURATIONS = {
  new: { facts: [] },
  memory: { facts: [memory] },
  'memory, CMMA': { facts: [memory, { type: 'cmma_enabled' }] },
  'memory, vCPU': { facts: [memory, vcpu] },
  'memory, vCPU, CMMA, migration': {
    facts: [memory, { type: 'cmma_enabled' }, vcpu, { type: 'migration_started' }],
  },
  'memory, vCPU of user space': { facts: [memory, vcpu, { type: 'user_cpu_state_control_taken' }] },
  protected: { facts: secure },
  'protected, vCPUs not': { facts: [...secure, { type: 'vcpus_unprotected' }] },
  dumping: { facts: [...secure, { type: 'dump_started' }] },
  'set aside': { facts: [...secure, { type: 'protection_set_aside' }] },
  'protected, another set aside': {
    facts: [...secure, { type: 'protection_set_aside' }, { type: 'protection_enabled' }],
  },
  UCONTROL: { vmType: 'ucontrol', facts: [] },
  'UCONTROL, vCPU': { vmType: 'ucontrol', facts: [vcpu] },
  destroyed: { facts: [memory, vcpu, { type: 'vm_destroyed' }] },
} as const satisfies Record<string, Configuration>;

/** The names of the configurations, in the order of a row's answers. */
export const MATRIX_HEAD: readonly string[] = Object.keys(CONFIGURATIONS);

function vmIn({ vmType = 'default', facts }: Configuration, semantics: Semantics): S390xVm {
  const created: Event = {
    type: 'vm_created',
    arch: 's390x',
    vmType,
    semantics,
    name: '',
    labels: {},
    host: s390xHost.parse({}),
    rules: RULES,
  };
  return vmOf(created, facts) as S390xVm;
}

/** What a command is answered in each configuration. */
export interface MatrixRow<Key extends string = ForecastKey> {
  readonly command: Key;
  readonly answers: readonly string[];
}

/** A row for every command, made of what each configuration answers. */
export const rowsOf = <Key extends string>(columns: readonly Readonly<Record<Key, string>>[]): MatrixRow<Key>[] =>
  (Object.keys(columns[0] ?? {}) as Key[]).map((command) => ({
    command,
    answers: columns.map((column) => column[command]),
  }));

/** For every command of s390x, and each configuration of a default VM: `accepted`, or the errno whatever its arguments. */
export const matrix = (semantics: Semantics): MatrixRow[] =>
  rowsOf(Object.values(CONFIGURATIONS).map((configuration) => forecast(vmIn(configuration, semantics))));
