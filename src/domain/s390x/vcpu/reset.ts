import type { Reset } from '../../shapes/s390x-vcpu.js';
import type { S390xRegisterFile, S390xVcpu } from './vcpu.js';

/** PSW bit 24: runtime instrumentation. */
const PSW_RI = 0x0000008000000000n;

const NO_PFAULT_TOKEN = (1n << 64n) - 1n;

const sixteen = <Value>(value: Value): readonly Value[] => new Array<Value>(16).fill(value);

/** Control registers after an initial CPU reset: CR0 and CR14 have bits that are one (PoP, "Resets"). */
const INITIAL_CRS: readonly bigint[] = sixteen(0n).map((zero, n) => ({ 0: 0xe0n, 14: 0xc2000000n })[n] ?? zero);

type Change = (registers: S390xRegisterFile) => Partial<S390xRegisterFile>;

/** What each reset changes of the registers, beyond the reset before it (kvm_arch_vcpu_ioctl_normal_reset, _initial_reset, _clear_reset). */
const CHANGES: { readonly [Kind in Reset]: Change } = {
  normal: ({ psw }) => ({ psw: { ...psw, mask: psw.mask & ~PSW_RI }, pftoken: NO_PFAULT_TOKEN }),
  initial: () => ({
    psw: { mask: 0n, addr: 0n },
    prefix: 0,
    cpuTimer: 0n,
    clockComparator: 0n,
    crs: INITIAL_CRS,
    todpr: 0,
    pp: 0n,
    fpc: 0,
    gbea: 1n,
  }),
  clear: () => ({ gprs: sixteen(0n), acrs: sixteen(0) }),
};

/** What each reset takes away of what is absent while it is zero, beyond the reset before it. */
const CLEARS: { readonly [Kind in Reset]: readonly (keyof S390xRegisterFile)[] } = {
  normal: ['riccb'],
  initial: ['bpbc'],
  clear: ['vrs', 'gscb', 'etoken', 'etokenExtension'],
};

const cleared = (registers: S390xRegisterFile, names: readonly string[]): S390xRegisterFile =>
  Object.fromEntries(
    Object.entries(registers).filter(([name]) => !names.includes(name)),
  ) as unknown as S390xRegisterFile;

/** Which changes a reset is made of, in order. */
const STEPS: { readonly [Kind in Reset]: readonly Reset[] } = {
  normal: ['normal'],
  initial: ['normal', 'initial'],
  clear: ['normal', 'initial', 'clear'],
};

/** A vCPU after a reset; whether it goes on running is not the reset's to say. Every pending interruption is gone. */
export function resetVcpuState(vcpu: S390xVcpu, reset: Reset): S390xVcpu {
  const registers = STEPS[reset].reduce(
    (file, step) => cleared({ ...file, ...CHANGES[step](file) }, CLEARS[step]),
    vcpu.registers,
  );
  return { ...vcpu, registers, pending: [] };
}
