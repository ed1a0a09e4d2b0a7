import type { MEM_OP_FLAGS } from '../../shapes/s390x-access.js';
import { type MemOpRequest } from '../../shapes/s390x-access.js';
import { type Decision, malformed, refused } from '../../vm/decision.js';

export type MemOpFlag = keyof typeof MEM_OP_FLAGS;

/** KVM_CAP_S390_MEM_OP: the most bytes of one operation. */
export const MEM_OP_MAX_SIZE = 65536;

/** Access keys are 0 to 15. */
const KEY_MAX = 15;

export const hasFlag = ({ flags }: Pick<MemOpRequest, 'flags'>, flag: MemOpFlag): boolean => flags.includes(flag);

/** Whether a value is a refusal (or a malformed request) rather than what was asked for. */
export const isDecision = (value: Decision | Uint8Array): value is Decision => !(value instanceof Uint8Array);

/**
 * The checks that logical and absolute operations share: flags and size EINVAL, size above the maximum E2BIG, key EINVAL, in
 * this order (mem_op_validate_common). Undefined if all hold.
 *
 * @param supported the flags that the operation knows
 */
export function invalid(op: MemOpRequest, supported: readonly MemOpFlag[]): Decision | undefined {
  if (op.size === 0 || op.flags.some((flag) => typeof flag === 'bigint' || !supported.includes(flag)))
    return refused('EINVAL');
  if (op.size > MEM_OP_MAX_SIZE) return refused('E2BIG');
  return hasFlag(op, 'skey_protection') && op.key > KEY_MAX ? refused('EINVAL') : undefined;
}

/** The access key: the one given with `skey_protection`, else 0, which passes every storage key. */
export const accessKeyOf = (op: MemOpRequest): number => (hasFlag(op, 'skey_protection') ? op.key : 0);

/**
 * The bytes that the kernel copies from user space at this point: absent is a bad address (EFAULT), another length than `size`
 * a malformed request.
 */
export function userBuffer(op: MemOpRequest, field: 'data' | 'oldData'): Uint8Array | Decision {
  const bytes = op[field];
  if (bytes === undefined) return refused('EFAULT');
  return bytes.length === op.size ? bytes : malformed(field, 'must be size bytes long');
}

/** The kernel's own buffer for the data, ENOMEM if the host has no room for it. Check-only operations need none. */
export const bounceBuffer = (freeMemory: bigint, op: MemOpRequest): Decision | undefined =>
  !hasFlag(op, 'check_only') && BigInt(op.size) > freeMemory ? refused('ENOMEM') : undefined;
