import type { MemOpRequest } from '../../shapes/s390x-access.js';
import { consult } from '../../vm/law/consult.js';
import { type Decision, done, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { type AccessContext, accessContext } from '../dat/access-context.js';
import { accessFacts, refusedStore } from '../dat/access-facts.js';
import { HOST_FAULT } from '../dat/fault.js';
import {
  type AccessFault,
  type Located,
  type Location,
  effective,
  locate,
  passKeys,
  programException,
} from '../dat/logical-access.js';
import { accessKeyOf, bounceBuffer, hasFlag, invalid, isDecision, userBuffer } from './mem-op-checks.js';
import { lostProtection } from '../pv/secure-cpu.js';
import { selectAsce } from '../dat/select-asce.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';
import { highWord, lowWord } from '../model/words.js';

/** The number of the last access register. */
const AR_MAX = 15;

/**
 * The access itself. Check-only goes page by page with the key check in its turn; a real access translates every page before
 * the first key check, so that the two may report different codes (check_gva_range, access_guest_with_key).
 */
function reach(context: AccessContext, op: MemOpRequest, store: boolean): Location {
  const { high, low } = effective(context, highWord(op.gaddr), lowWord(op.gaddr));
  const asce = selectAsce(context, op.ar, store, false);
  if (typeof asce === 'number') return { pieces: [], stopped: { fault: asce, high, low } };
  const access = { high, low, size: op.size, store };
  const key = accessKeyOf(op);
  if (hasFlag(op, 'check_only')) return { pieces: [], stopped: locate(context, asce, access, key).stopped };
  const located = locate(context, asce, access, 0);
  if (located.stopped === undefined && context.userFrame)
    return { pieces: [], stopped: { fault: HOST_FAULT, high, low } };
  if (located.stopped) return { pieces: [], stopped: located.stopped };
  return passKeys(context, asce, located.pieces, key, store);
}

/** The program interruption as the answer and, where asked for, as pending on the vCPU (kvm_s390_inject_prog_irq). */
function interrupted(
  context: AccessContext,
  vcpu: S390xVcpu,
  op: MemOpRequest,
  pieces: readonly Located[],
  stopped: AccessFault,
  before: readonly Event[],
  store: boolean,
): Decision {
  const exception = programException(context, stopped, { ar: op.ar, store, terminated: store && pieces.length > 0 });
  const injected = hasFlag(op, 'inject_exception');
  const { code, transExcCode = 0n, excAccessId = 0 } = exception;
  const queued = { type: 'program_interrupt_queued', vcpu: vcpu.id, code, transExcCode, excAccessId } as const;
  return done(injected ? [...before, queued] : before, { exception: { ...exception, injected } }, code);
}

/** LOGICAL_READ and LOGICAL_WRITE on a vCPU (kvm_s390_vcpu_mem_op; KVM_S390_MEM_OP, "Logical read/write"). */
export function logicalMemOp(vm: S390xVm, vcpu: S390xVcpu, op: MemOpRequest, store: boolean): Decision {
  const wrong = invalid(op, ['check_only', 'inject_exception', 'skey_protection']);
  if (wrong) return wrong;
  if (op.ar > AR_MAX) return refused('EINVAL');
  const lost = lostProtection(vm, vcpu);
  const verdict = consult(vm, { type: lost ? 'unprotected_vcpu_mem_op' : 'vcpu_mem_op' });
  if (verdict.refused !== undefined) return refused(verdict.refused);
  const noMemory = bounceBuffer(vm.host.freeMemory, op);
  if (noMemory) return noMemory;
  const checkOnly = hasFlag(op, 'check_only');
  const data = store && !checkOnly ? userBuffer(op, 'data') : undefined;
  if (data && isDecision(data)) return data;

  const context = accessContext(vm, vcpu);
  if (lost && context.dat) return refused('EFAULT');
  const { pieces, stopped, refused: unwritten } = reach(context, op, store);
  if (stopped?.fault === HOST_FAULT) return refused('EFAULT');
  if (lost && pieces.length > 0) return refused('EFAULT');
  const events = accessFacts(pieces, data);
  if (store && unwritten) events.push(refusedStore(unwritten));
  if (stopped) return interrupted(context, vcpu, op, pieces, stopped, events, store);
  return done(events, store || checkOnly ? {} : { data: vm.memory.read(pieces) });
}
