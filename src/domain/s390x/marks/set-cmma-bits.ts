import { CMMA_BYTE } from '../../memory/cmma.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, malformed, refused } from '../../vm/decision.js';
import { documented } from '../../vm/semantics.js';
import { slotFrames } from '../dat/internal-slot.js';

/** Where a CMMA byte stands in the word that the mask is of (PGSTE bits 32-39). */
const MASK_SHIFT = 24n;

/**
 * KVM_S390_SET_CMMA_BITS (api.rst 4.108; kvm_s390_set_cmma_bits): sets usage state and NODAT of pages, migration mode or not;
 * what waits to be collected stays the same. Bits outside the mask stay (documented) or are cleared (kernel).
 *
 * ENXIO without CMMA; EINVAL for flags or more than 1048576 pages; EFAULT without values, or unless slots back every page:
 * none is set then, but the guest counts as using CMM.
 */
export const setCmmaBits: Decider<'s390_set_cmma_bits'> = (vm, command) => {
  const { type, startGfn, count, flags, data } = command;
  const readable = data !== undefined;
  const verdict = consult(vm, { type, flagsKnown: flags.length === 0, count: BigInt(count), readable });
  if (verdict.refused) return refused(verdict.refused);
  if (count === 0) return done();
  if (data?.length !== count) return malformed('values', 'must be count bytes long');
  if (slotFrames(vm, startGfn, count) < count) return refused('EFAULT', verdict.facts);
  const mask = Number((command.mask >> MASK_SHIFT) & 0xffn) & CMMA_BYTE.all;
  const cleared = documented(vm, 'cmmaMask') ? mask : CMMA_BYTE.all;
  return done([...verdict.facts, { type: 'cmma_values_set', startGfn, cleared, mask, data }]);
};
