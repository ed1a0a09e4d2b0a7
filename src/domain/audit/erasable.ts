import type { GuestInstruction } from '../shapes/s390x-guest.js';
import type { CommandType } from '../vm/command.js';
import type { RecordBody } from './record.js';
import { BESIDE } from './seal-record.js';

/**
 * Commands beside whose records no memory stands: keys, states and logs of pages, registers, the machine itself, what
 * dumps of protected VMs say of these. What they have beside them stays when memory is erased.
 */
const NO_MEMORY: ReadonlySet<string> = new Set<CommandType>([
  'create_vm',
  'get_dirty_log',
  'clear_dirty_log',
  'set_device_attr',
  'get_device_attr',
  'has_device_attr',
  'set_vcpu_attr',
  'get_vcpu_attr',
  'has_vcpu_attr',
  's390_get_skeys',
  's390_set_skeys',
  's390_get_cmma_bits',
  's390_set_cmma_bits',
  'get_irq_state',
  'set_irq_state',
  'smccc',
  'enable_cap',
  's390_pv_command',
  's390_pv_cpu_command',
]);

/** Instructions of a guest that move memory; of the others there are keys beside the record. */
const MOVES_MEMORY: ReadonlySet<unknown> = new Set<GuestInstruction>(['store', 'load']);

const hasNoMemory = ({ type, instruction }: RecordBody['command']): boolean =>
  NO_MEMORY.has(type) || (type === 's390_guest' && !MOVES_MEMORY.has(instruction));

/**
 * The pieces of a record's data that an erasure of memory removes: every binary field, all that was answered, and what stands
 * beside records whatever its size. Long lists of facts and of addresses stay: they say what was touched, not what was in it.
 *
 * What records promise rests on this rule (docs/decisions/0017): for commands that were recorded it never changes.
 */
export const erasableRoles = ({ command, data = [] }: Pick<RecordBody, 'command' | 'data'>): string[] =>
  hasNoMemory(command)
    ? []
    : data.flatMap(({ role, form }) =>
        form === 'bytes' || role.startsWith('outcome.') || BESIDE.has(role) ? [role] : [],
      );

/** What a record says of an erasure: which records of its VM it took from. */
export interface Erasure {
  readonly position: number;
  readonly vm: string;
  readonly from: number;
  readonly to: number;
  readonly remains: string;
}

/** The erasure that a record is of, if it is one that was carried out. */
export function erasureIn({ position, vm, command, outcome }: RecordBody): Erasure | undefined {
  const { type, from, to, remains } = command;
  if (type !== 'erase_memory' || outcome.ret !== 0) return undefined;
  return { position, vm, from: Number(from), to: Number(to), remains: typeof remains === 'string' ? remains : '' };
}

/** Whether an erasure took from a record. */
export const covers = ({ vm, from, to, position }: Erasure, record: Pick<RecordBody, 'vm' | 'position'>): boolean =>
  record.vm === vm && from <= record.position && record.position <= to && record.position < position;
