import { PV_INFO_IDS, type PvCommand } from '../../shapes/s390x-pv.js';
import { type Decision, done, refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { barred, dataOf, isRefusal, written } from './pv-call.js';
import { ULTRAVISOR, doublewords } from './ultravisor.js';

type InfoName = keyof typeof PV_INFO_IDS;

/** Bytes of struct kvm_s390_pv_info_header. */
const HEADER_SIZE = 16;

const callsIn = (word: number): bigint =>
  ULTRAVISOR.installedCalls
    .filter((call) => call >> 6 === word)
    .reduce((bits, call) => bits | (1n << BigInt(63 - (call & 63))), 0n);

/** What stands after the header, in doublewords. */
const PAYLOADS: { readonly [Name in InfoName]: (vm: S390xVm) => Uint8Array } = {
  /** struct kvm_s390_pv_info_vm: four words of installed calls, then CPUs, guests, highest guest address, features. */
  vm: ({ host }) =>
    doublewords(
      ...[0, 1, 2, 3].map(callsIn),
      ULTRAVISOR.maxCpus,
      ULTRAVISOR.maxGuests,
      BigInt.asUintN(64, host.maxGuestMemory - 1n),
      0n,
    ),
  /** struct kvm_s390_pv_info_dump: lengths of a CPU's dump, of a MiB's, and of the end. */
  dump: () =>
    doublewords(BigInt(ULTRAVISOR.cpuSize), BigInt(ULTRAVISOR.dumpSizePerMiB), BigInt(ULTRAVISOR.dumpCompleteSize)),
};

/**
 * INFO, allowed in every state (kvm_s390_handle_pv, kvm_s390_handle_pv_info). EINVAL for an unknown `id`, or if `lenMax` bytes
 * cannot hold the header and what was asked for; EFAULT if the host cannot write it. Reply: the header's fields, and as `data` what stands after it.
 */
export function pvInfo(vm: S390xVm, command: PvCommand): Decision {
  const asked = barred(vm, 'pv_info') ?? dataOf(command, ['id', 'lenMax']);
  if (isRefusal(asked)) return asked;
  const { id, lenMax } = asked;
  if (lenMax < HEADER_SIZE || typeof id === 'number') return refused('EINVAL');
  const data = PAYLOADS[id](vm);
  const lenWritten = HEADER_SIZE + data.length;
  if (lenMax < lenWritten) return refused('EINVAL');
  return written(command, 'data', done([], { id: PV_INFO_IDS[id], lenMax, lenWritten, data }));
}
