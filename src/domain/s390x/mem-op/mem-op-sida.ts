import { PAGE_SIZE } from '../../memory/address.js';
import type { MemOpRequest } from '../../shapes/s390x-access.js';
import { consult } from '../../vm/law/consult.js';
import { type Decision, done, refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { isDecision, userBuffer } from './mem-op-checks.js';
import { isProtected } from '../pv/secure-cpu.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';
import { lowWord } from '../model/words.js';

/**
 * Bytes of the secure interface data area. A vCPU that is not protected has none, yet a size: its designation shares storage with
 * the breaking-event address, whose low byte counts pages minus 1 (sida_size).
 */
const sidaSize = ({ sida, registers }: S390xVcpu): number =>
  sida?.length ?? ((lowWord(registers.gbea) & 0xff) + 1) * PAGE_SIZE;

/** SIDA_READ and SIDA_WRITE on a vCPU (kvm_s390_vcpu_memsida_op; KVM_S390_MEM_OP, "SIDA read/write"). */
export function sidaMemOp(vm: S390xVm, vcpu: S390xVcpu, op: MemOpRequest, store: boolean): Decision {
  const { flags, size, sidaOffset: offset } = op;
  if (flags.length > 0 || size === 0) return refused('EINVAL');
  const end = size + offset;
  if (end > 0xffffffff) return refused('EINVAL');
  if (end > sidaSize(vcpu)) return refused('E2BIG');
  const verdict = consult(vm, { type: isProtected(vcpu) ? 'sida_op' : 'unprotected_sida_op' });
  if (verdict.refused !== undefined) return refused(verdict.refused);
  if (!store) return done([], { data: (vcpu.sida ?? new Uint8Array(PAGE_SIZE)).slice(offset, end) });
  const data = userBuffer(op, 'data');
  return isDecision(data) ? data : done([{ type: 'sida_stored', vcpu: vcpu.id, offset, data }]);
}
