import { apply } from '../../vm/folds/apply.js';
import type { Decider } from '../../vm/decider.js';
import { type Reply, done, malformed, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import { fork } from '../../vm/state.js';
import { HOST_ACCESS_MAX } from '../../shapes/memory.js';
import type { MEM_OPS, MemOpRequest } from '../../shapes/s390x-access.js';
import { MEM_OP_MAX_SIZE, hasFlag } from './mem-op-checks.js';
import { carryOut } from './mem-op.js';

/** Most bytes that the items of a batch may ask to read together, as many as one answer of the VMM's own reads has. */
export const BATCH_READ_MAX = HOST_ACCESS_MAX;

const READS: ReadonlySet<unknown> = new Set<keyof typeof MEM_OPS>(['logical_read', 'sida_read', 'absolute_read']);

/** Whether an item would answer as many bytes as it names; what is too large for one operation is refused anyway. */
const readsData = (op: MemOpRequest): boolean =>
  READS.has(op.op) && op.size <= MEM_OP_MAX_SIZE && !hasFlag(op, 'check_only');

/**
 * Memory operations one after the other, each on what the ones before left: `results` holds every answer in order, a refused
 * one as its negative `ret` and `errno`. One that is malformed makes the whole batch so. ENOENT: no such vCPU.
 */
export const memOpBatch: Decider<'s390_mem_op_batch'> = (vm, { vcpu, ops }) => {
  if (vcpu !== undefined && !vm.vcpus.has(vcpu)) return refused('ENOENT');
  const asked = ops.reduce((sum, op) => (readsData(op) ? sum + op.size : sum), 0);
  if (asked > BATCH_READ_MAX) return malformed('ops', `must not read more than ${BATCH_READ_MAX} bytes together`);
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
