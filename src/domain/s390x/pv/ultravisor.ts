import { PAGE_SIZE } from '../../memory/address.js';
import { endOf } from '../../memory/memslot.js';
import type { S390xVm } from '../../vm/state.js';

/** What a call of the ultravisor answers: return code and reason code (struct uv_cb_header). */
export interface UvStatus {
  readonly rc: number;
  readonly rrc: number;
}

/** Nothing was called: the fields of struct kvm_pv_cmd come back as they were. */
export const UNCALLED: UvStatus = { rc: 0, rrc: 0 };

/** UVC_RC_EXECUTED. */
export const EXECUTED: UvStatus = { rc: 0x0001, rrc: 0 };

/** What KVM itself puts there where a protected VM is set aside (kvm_s390_pv_set_aside). */
export const SET_ASIDE: UvStatus = { rc: 1, rrc: 42 };

/** UVC_RC_INV_CHANDLE: there is no secure CPU of that handle. */
export const NO_SECURE_CPU: UvStatus = { rc: 0x0021, rrc: 0 };

/** Ultravisor calls that are installed, by number (asm/uv.h, enum uv_cmds_inst). */
const INSTALLED_CALLS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];

/** The modelled ultravisor: what its query tells of sizes, in bytes, and of limits (struct uv_info). */
export const ULTRAVISOR = {
  /** Storage of a secure configuration, and more of it for every MiB of guest memory. */
  configurationSize: 1n << 20n,
  configurationSizePerMiB: 4096n,
  /** Storage of a secure CPU; a dump of one is as long. */
  cpuSize: 8192,
  /** What a dump has of 1 MiB of guest memory, and what its end has. */
  dumpSizePerMiB: 4096,
  dumpCompleteSize: 2048,
  maxCpus: 248n,
  maxGuests: 1024n,
  installedCalls: INSTALLED_CALLS,
} as const;

/** Bytes that the host gives for a secure configuration: its memory ends where the highest slot does. */
export function configurationStorage({ memory }: S390xVm): bigint {
  const frames = memory.slots.reduce((end, slot) => Math.max(end, endOf(slot)), 0);
  return ULTRAVISOR.configurationSize + ULTRAVISOR.configurationSizePerMiB * BigInt(Math.ceil(frames / 256));
}

/** Bytes that the host gives for the secure CPUs of all vCPUs: their storage, and a page of interface data each. */
export const cpuStorage = ({ vcpus }: S390xVm): bigint => BigInt(vcpus.size) * BigInt(ULTRAVISOR.cpuSize + PAGE_SIZE);

/** Big-endian doublewords, one after the other. */
export function doublewords(...values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setBigUint64(8 * i, value);
  });
  return bytes;
}
