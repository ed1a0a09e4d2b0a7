import type { Interrupt } from '../../shapes/s390x-interrupt.js';
import type { UcasMapping } from '../../shapes/s390x-vcpu.js';

/** The registers of an s390x vCPU; all effective at once. */
export interface S390xRegisterFile {
  readonly psw: { readonly mask: bigint; readonly addr: bigint };
  /** 31 bits, 8 KiB aligned. */
  readonly prefix: number;
  readonly gprs: readonly bigint[];
  readonly crs: readonly bigint[];
  readonly acrs: readonly number[];
  readonly fpc: number;
  readonly todpr: number;
  readonly cpuTimer: bigint;
  readonly clockComparator: bigint;
  readonly pp: bigint;
  readonly gbea: bigint;
  readonly pftoken: bigint;
  readonly pfcompare: bigint;
  readonly pfselect: bigint;
  readonly epochdiff: bigint;
  /** 32 vector registers of 128 bits, whose left halves 0 to 15 are the floating-point registers; absent while all are 0. */
  readonly vrs?: readonly bigint[];
  /** The guarded-storage control block; absent for zeros, as what follows is. */
  readonly gscb?: { readonly gsd: bigint; readonly gssm: bigint; readonly gsEpl: bigint };
  /** The runtime-instrumentation control block, 64 bytes in hex. */
  readonly riccb?: string;
  /** Branch-prediction control. */
  readonly bpbc?: boolean;
  readonly etoken?: bigint;
  readonly etokenExtension?: bigint;
}

/** An s390x vCPU. */
export interface S390xVcpu {
  readonly id: number;
  readonly mpState: 'stopped' | 'operating';
  readonly registers: S390xRegisterFile;
  /** Local interruptions that wait for the next run, highest priority first. */
  readonly pending: readonly Interrupt[];
  /** The secure interface data area of a protected vCPU, 4096 bytes. */
  readonly sida?: Uint8Array;
  /** What a UCONTROL vCPU's addresses stand for, ascending by `vcpuAddr`, joined where they follow each other; absent if nothing. */
  readonly ucas?: readonly UcasMapping[];
}

const sixteen = <Value>(value: Value): readonly Value[] => new Array<Value>(16).fill(value);

/** A vCPU as KVM_CREATE_VCPU leaves it (s390-lifecycle section 2): stopped, everything 0 but the pfault token. */
export function newVcpu(id: number): S390xVcpu {
  const registers: S390xRegisterFile = {
    psw: { mask: 0n, addr: 0n },
    prefix: 0,
    gprs: sixteen(0n),
    crs: sixteen(0n),
    acrs: sixteen(0),
    fpc: 0,
    todpr: 0,
    cpuTimer: 0n,
    clockComparator: 0n,
    pp: 0n,
    gbea: 0n,
    pftoken: (1n << 64n) - 1n,
    pfcompare: 0n,
    pfselect: 0n,
    epochdiff: 0n,
  };
  return { id, mpState: 'stopped', registers, pending: [] };
}

/** Bits of the prefix that exist (s390-translation section 2). */
export const PREFIX_MASK = 0x7fffe000;
