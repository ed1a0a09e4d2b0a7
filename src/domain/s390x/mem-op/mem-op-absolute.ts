import { type Fragment, fragments, partsOf } from '../../memory/address.js';
import { MARK } from '../../memory/frame-marks.js';
import { keyAllows } from '../../memory/storage-key.js';
import type { MemOpRequest } from '../../shapes/s390x-access.js';
import { type Decision, type Reply, done, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { accessFacts, refusedStore } from '../dat/access-facts.js';
import { hasInternalSlot, inInternalSlot, inSomeSlot } from '../dat/internal-slot.js';
import { accessKeyOf, bounceBuffer, hasFlag, invalid, isDecision, userBuffer } from './mem-op-checks.js';
import { PGM } from '../dat/program-exception.js';

type AbsoluteException = 'addressing' | 'protection';

/** A program interruption of an absolute access: no vCPU, so neither TEID nor injection. */
const raised = (name: AbsoluteException, events: readonly Event[] = [], reply: Reply = {}): Decision => {
  const { code } = PGM[name];
  return done(events, { ...reply, exception: { code, name, injected: false } }, code);
};

/**
 * What stops an access to one frame: no slot behind it, or its storage key; overrides and low-address protection are not for
 * absolute accesses (check_gpa_range, vm_check_access_key_gpa).
 */
function stopped(vm: S390xVm, frame: number, key: number, store: boolean): AbsoluteException | undefined {
  if (!inSomeSlot(vm, frame)) return 'addressing';
  return keyAllows(vm.memory.marks.get(frame) & MARK.key, key, store) ? undefined : 'protection';
}

/** Whether the host cannot reach the first page of an access, though a slot is there: nothing comes before that but the slot. */
const untouchable = (vm: S390xVm, [first]: readonly Fragment[]): boolean =>
  hasInternalSlot(vm) && first !== undefined && inInternalSlot(first.frame);

/** ABSOLUTE_READ and ABSOLUTE_WRITE on the VM (kvm_s390_vm_mem_op_abs; KVM_S390_MEM_OP, "Absolute read/write"). */
export function absoluteMemOp(vm: S390xVm, op: MemOpRequest, store: boolean): Decision {
  const { host, memory } = vm;
  const wrong = invalid(op, ['check_only', 'skey_protection']) ?? bounceBuffer(host.freeMemory, op);
  if (wrong) return wrong;
  const checkOnly = hasFlag(op, 'check_only');
  const data = store && !checkOnly ? userBuffer(op, 'data') : undefined;
  if (data && isDecision(data)) return data;

  const key = accessKeyOf(op);
  const pieces = fragments(op.gaddr, op.size);
  if (!checkOnly && untouchable(vm, pieces)) return refused('EFAULT');
  const failing = pieces.findIndex(({ frame }) => stopped(vm, frame, key, store) !== undefined);
  const reached = failing < 0 ? pieces : pieces.slice(0, failing);
  const events = checkOnly ? [] : accessFacts(reached, data);
  const failed = pieces[failing];
  if (failed) {
    const reason = stopped(vm, failed.frame, key, store) ?? 'addressing';
    return raised(reason, store && !checkOnly && reason === 'protection' ? [...events, refusedStore(failed)] : events);
  }
  return done(events, store || checkOnly ? {} : { data: memory.read(pieces) });
}

/** Sizes that can be exchanged, and the largest of them. */
const EXCHANGE_SIZES: readonly number[] = [1, 2, 4, 8, 16];
const EXCHANGE_MAX = 16;

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

/**
 * ABSOLUTE_CMPXCHG on the VM (kvm_s390_vm_mem_op_cmpxchg; KVM_S390_MEM_OP, "Absolute cmpxchg"). From the alignment check on,
 * every outcome answers `swapped` and `oldData`: the content found if it differed, zeros if the key refused, else as given.
 */
export function compareAndExchange(vm: S390xVm, op: MemOpRequest): Decision {
  const { memory } = vm;
  const wrong = invalid(op, ['skey_protection']);
  if (wrong) return wrong;
  if (op.size > EXCHANGE_MAX) return refused('EINVAL');
  const data = userBuffer(op, 'data');
  if (isDecision(data)) return data;
  const oldData = userBuffer(op, 'oldData');
  if (isDecision(oldData)) return oldData;

  const unchanged = { swapped: false, oldData };
  if ((op.gaddr & BigInt(op.size - 1)) !== 0n) return refused('EINVAL', [], unchanged);
  const pieces = fragments(op.gaddr, op.size);
  const [first] = pieces;
  const stop = first ? stopped(vm, first.frame, accessKeyOf(op), true) : 'addressing';
  if (first === undefined || stop === 'addressing') return raised('addressing', [], unchanged);
  if (untouchable(vm, pieces)) return refused('EFAULT', [], unchanged);
  if (!EXCHANGE_SIZES.includes(op.size)) return refused('EINVAL', [refusedStore(first)], unchanged);
  if (stop === 'protection')
    return raised(stop, [refusedStore(first)], { swapped: false, oldData: new Uint8Array(op.size) });

  const parts = partsOf(pieces);
  const found = memory.read(pieces);
  if (!equal(found, oldData)) return done([{ type: 'memory_compared', parts }], { swapped: false, oldData: found });
  return done([{ type: 'memory_stored', parts, data }], { swapped: true, oldData });
}
