import type { Event } from '../../vm/facts/event.js';
import { changed } from '../../vm/rules.js';
import type { S390xVm } from '../../vm/state.js';
import { type Delivered, isEmpty, queuesOf, takenOf, without } from './deliver.js';
import { PGM_PER } from './interrupt.js';
import { type Waiting, type WaitingType, nextInterrupt } from './next-interrupt.js';
import { PREFIX_MASK, type S390xVcpu } from '../vcpu/vcpu.js';

/** Program interruptions that the ultravisor takes: specification and operand (__deliver_prog_pv). */
const PROGRAMS: readonly number[] = [0x06, 0x15];

/** What is told through the one field for interruptions of an entry, and so waits while that is taken (deliverable_irqs). */
const TOLD_ALONE: ReadonlySet<WaitingType> = new Set<WaitingType>([
  'int_emergency',
  'int_external_call',
  'int_clock_comp',
  'int_cpu_timer',
  'int_service',
  'int_io',
  'mchk',
]);

/** What takes the field: these, and a program interruption. */
const TAKES: ReadonlySet<WaitingType> = new Set<WaitingType>([...TOLD_ALONE, 'program_int']);

/** The same under the first rules, by which page faults were such, and program interruptions were not. */
const ALONE_AT_FIRST: ReadonlySet<WaitingType> = new Set<WaitingType>([...TOLD_ALONE, 'pfault_init']);

const refusedByUltravisor = (waiting: Waiting): boolean =>
  waiting.type === 'program_int' && !PROGRAMS.includes(waiting.code & ~PGM_PER);

/**
 * Delivers what waits for a protected vCPU: the ultravisor is told and does the rest inside the guest, so that neither lowcore nor PSW
 * change here. A program interruption that it does not take is lost: EINVAL.
 */
export function deliverSecure(vm: S390xVm, vcpu: S390xVcpu): Delivered {
  const { registers } = vcpu;
  const asToday = changed(vm, 'secureEntry');
  const [takes, waits] = asToday ? [TAKES, TOLD_ALONE] : [ALONE_AT_FIRST, ALONE_AT_FIRST];
  const facts: Event[] = [];
  const delivered: Waiting[] = [];
  let queues = queuesOf(vm, vcpu);
  let taken = false;
  const allowed = ({ type }: Waiting): boolean => !(taken && waits.has(type));
  for (let next = nextInterrupt(queues, registers); next; next = nextInterrupt(queues, registers, allowed)) {
    const { waiting } = next;
    facts.push(...takenOf(vcpu.id, next));
    queues = without(queues, next);
    if (waiting.type === 'sigp_set_prefix')
      facts.push({ type: 'registers_set', vcpu: vcpu.id, registers: { prefix: waiting.address & PREFIX_MASK } });
    if (refusedByUltravisor(waiting)) return { facts, delivered, left: queues.local, failed: 'EINVAL' };
    if (!isEmpty(waiting)) delivered.push(waiting);
    taken ||= takes.has(waiting.type) && !isEmpty(waiting);
  }
  return { facts, delivered, left: queues.local };
}
