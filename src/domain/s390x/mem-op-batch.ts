import { apply } from '../vm/apply.js';
import type { Decider } from '../vm/decider.js';
import { type Reply, done, malformed, refused } from '../vm/decision.js';
import type { Event } from '../vm/event.js';
import { fork } from '../vm/state.js';
import { carryOut } from './mem-op.js';

/**
 * Memory operations one after the other, each on what the ones before left: `results` holds every answer in order, a refused
 * one as its negative `ret` and `errno`. One that is malformed makes the whole batch so. ENOENT: no such vCPU.
 */
export const memOpBatch: Decider<'s390_mem_op_batch'> = (vm, { vcpu, ops }) => {
  if (vcpu !== undefined && !vm.vcpus.has(vcpu)) return refused('ENOENT');
  const results: Reply[] = [];
  const events: Event[] = [];
  let now = fork(vm);
  for (const [i, op] of ops.entries()) {
    const decision = carryOut(now, vcpu, op);
    if (decision.malformed) return malformed(`ops.${i}.${decision.malformed.field}`, decision.malformed.message);
    for (const event of decision.events) {
      now = apply(now.id, now, event);
      events.push(event);
    }
    const { ret, errno, reply } = decision;
    results.push({ ret, ...(errno && { errno }), ...reply });
  }
  return done(events, { results });
};
