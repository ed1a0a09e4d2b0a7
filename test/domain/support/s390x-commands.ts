import type { MemOpRequest } from '../../../src/domain/shapes/s390x-access.js';
import { memOp } from '../../../src/domain/s390x/mem-op/mem-op.js';
import { type TranslateAnswer, translate } from '../../../src/domain/s390x/dat/translate.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import type { S390xVm } from '../../../src/domain/vm/state.js';

/** A memory operation with the fields that a test does not care for filled in. */
export const request = (op: Partial<MemOpRequest> & Pick<MemOpRequest, 'op'>): MemOpRequest => ({
  gaddr: 0n,
  size: 8,
  flags: [],
  ar: 0,
  key: 0,
  sidaOffset: 0,
  ...op,
});

/** `size` bytes that count up from 1. */
export const counting = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i + 1) & 0xff);

/** A memory operation on the VM. */
export const onVm = (vm: S390xVm, op: Parameters<typeof request>[0]): Decision =>
  memOp(vm, { type: 's390_mem_op', ...request(op) }, vm);

/** A memory operation on vCPU 0. */
export const onVcpu = (vm: S390xVm, op: Parameters<typeof request>[0], vcpu = 0): Decision =>
  memOp(vm, { type: 's390_mem_op', vcpu, ...request(op) }, vm);

/** The TEID of a decision's exception. */
export const teidOf = ({ reply }: Decision): bigint | undefined =>
  (reply['exception'] as { transExcCode?: bigint } | undefined)?.transExcCode;

/** A translation on vCPU 0, explained. */
export function translated(
  vm: S390xVm,
  gaddr: bigint,
  access: ('write' | 'exec')[] = [],
  ar = 0,
): Decision & { readonly reply: TranslateAnswer } {
  const decision = translate(vm, { type: 'translate', vcpu: 0, gaddr, ar, access, explain: true }, vm);
  return decision;
}
