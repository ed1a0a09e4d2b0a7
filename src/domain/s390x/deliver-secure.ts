import type { GuestMemory } from '../memory/guest-memory.js';
import type { Interrupt } from '../shapes/s390x-interrupt.js';
import type { Event } from '../vm/event.js';
import { type Delivered, deliverable } from './deliver.js';
import { PGM_PER, withoutInterrupt } from './interrupt.js';
import { PREFIX_MASK, type S390xRegisterFile } from './vcpu.js';

/** Program interruptions that the ultravisor takes: specification and operand (__deliver_prog_pv). */
const PROGRAMS: readonly number[] = [0x06, 0x15];

/** Interruptions that leave no room for another one in the same entry: external ones and machine checks (deliverable_irqs). */
const goesAlone = ({ type }: Interrupt): boolean =>
  type.startsWith('int_') || type === 'pfault_init' || type === 'mchk';

const refusedByUltravisor = (waiting: Interrupt): boolean =>
  waiting.type === 'program_int' && !PROGRAMS.includes(waiting.code & ~PGM_PER);

/**
 * Delivers what waits for a protected vCPU: the ultravisor is told and does the rest inside the guest, so that neither lowcore nor PSW
 * change here. A program interruption that it does not take is lost: EINVAL.
 */
export function deliverSecure(
  _memory: GuestMemory,
  vcpu: number,
  pending: readonly Interrupt[],
  registers: S390xRegisterFile,
): Delivered {
  const facts: Event[] = [];
  const delivered: Interrupt[] = [];
  let left = pending;
  for (let next = deliverable(left, registers); next; next = deliverable(left, registers)) {
    facts.push({ type: 'interrupt_delivered', vcpu, interrupt: next });
    if (next.type === 'sigp_set_prefix')
      facts.push({ type: 'registers_set', vcpu, registers: { prefix: next.address & PREFIX_MASK } });
    if (refusedByUltravisor(next)) return { facts, delivered, failed: 'EINVAL' };
    delivered.push(next);
    left = withoutInterrupt(left, next);
    if (goesAlone(next)) left = left.filter((waiting) => !goesAlone(waiting));
  }
  return { facts, delivered };
}
