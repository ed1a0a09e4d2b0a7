import type { FloatingInterrupt } from '../../shapes/s390x-floating.js';
import type { Interrupt, InterruptOf } from '../../shapes/s390x-interrupt.js';
import { heads, subclassOf } from './floating.js';
import { isExigent } from './interrupt.js';
import type { S390xRegisterFile } from '../vcpu/vcpu.js';

/** An interruption as it is delivered: a local one, or a floating one that is no machine check. */
export type Waiting = Interrupt | Exclude<FloatingInterrupt, { readonly type: 'mchk' }>;

export type WaitingType = Waiting['type'];

export type WaitingOf<Type extends WaitingType> = Extract<Waiting, { readonly type: Type }>;

/** An interruption that could be delivered, and what is taken with it. */
export interface Candidate {
  readonly waiting: Waiting;
  readonly local?: Interrupt;
  readonly floating?: FloatingInterrupt;
}

/** PSW bits that let interruptions of a class through (PoP, "Program-Status Word"). */
const PSW_IO = 1n << 57n;
const PSW_EXTERNAL = 1n << 56n;
const PSW_MACHINE_CHECK = 1n << 50n;

/** Subclass masks of external interruptions in CR0 (PoP, "Control Registers"). */
const CR0_SUBCLASS: { readonly [Type in WaitingType]?: bigint } = {
  int_emergency: 0x4000n,
  int_external_call: 0x2000n,
  int_clock_comp: 0x800n,
  int_cpu_timer: 0x400n,
  int_service: 0x200n,
};

/** The mask of I/O-interruption subclass 0 in CR6; those of the others follow to the right. */
const CR6_FIRST = 0x80000000n;

type Registers = Pick<S390xRegisterFile, 'psw' | 'crs'>;

const cr = ({ crs }: Registers, n: number): bigint => crs[n] ?? 0n;

function external({ type }: Waiting, registers: Registers): boolean {
  const subclass = CR0_SUBCLASS[type];
  return (registers.psw.mask & PSW_EXTERNAL) !== 0n && (subclass === undefined || (cr(registers, 0) & subclass) !== 0n);
}

const always = (): boolean => true;

interface Kind<Type extends WaitingType> {
  /** Among those that can be delivered at the same time the lowest rank comes first (enum irq_types). */
  readonly rank: (waiting: WaitingOf<Type>) => number;
  /** What lets it through (deliverable_irqs). */
  readonly passes: (waiting: WaitingOf<Type>, registers: Registers) => boolean;
}

const ranked = (rank: number) => (): number => rank;

/** In which order interruptions are delivered, and what lets them through. A stop is no interruption of the guest: it ends the run. */
const KINDS: { readonly [Type in WaitingType]: Kind<Type> } = {
  program_int: { rank: ranked(1), passes: always },
  /** Repressible machine checks come after program interruptions. */
  mchk: {
    rank: (waiting) => (isExigent(waiting) ? 0 : 2),
    passes: (waiting, registers) =>
      (registers.psw.mask & PSW_MACHINE_CHECK) !== 0n &&
      (isExigent(waiting) || (cr(registers, 14) & waiting.cr14) !== 0n),
  },
  int_emergency: { rank: ranked(3), passes: external },
  int_external_call: { rank: ranked(4), passes: external },
  int_clock_comp: { rank: ranked(5), passes: external },
  int_cpu_timer: { rank: ranked(6), passes: external },
  int_service: { rank: ({ event }) => (event ? 7 : 8), passes: external },
  pfault_init: { rank: ranked(9), passes: external },
  pfault_done: { rank: ranked(10), passes: external },
  int_virtio: { rank: ranked(11), passes: external },
  int_io: {
    rank: (waiting) => 12 + subclassOf(waiting),
    passes: (waiting, registers) =>
      (registers.psw.mask & PSW_IO) !== 0n && (cr(registers, 6) & (CR6_FIRST >> BigInt(subclassOf(waiting)))) !== 0n,
  },
  sigp_stop: { rank: ranked(20), passes: () => false },
  restart: { rank: ranked(21), passes: always },
  sigp_set_prefix: { rank: ranked(22), passes: always },
};

const kindOf = (waiting: Waiting): Kind<WaitingType> => KINDS[waiting.type] as Kind<WaitingType>;

const rankOf = ({ waiting }: Candidate): number => kindOf(waiting).rank(waiting);

const NO_CHECK = { failingStorageAddress: 0n, extDamageCode: 0, fixedLogout: '0'.repeat(32) };

/** A floating machine check is indicated along with a local one (__deliver_machine_check). */
function checkOf(local: InterruptOf<'mchk'> | undefined, floating: FloatingInterrupt & { type: 'mchk' }): Candidate {
  const { cr14 = 0n, mcic = 0n } = local ?? {};
  const waiting = { ...NO_CHECK, ...local, ...floating, cr14: cr14 | floating.cr14, mcic: mcic | floating.mcic };
  return { waiting, floating, ...(local && { local }) };
}

const isCheck = (waiting: Interrupt): waiting is InterruptOf<'mchk'> => waiting.type === 'mchk';

function candidates(local: readonly Interrupt[], floating: readonly FloatingInterrupt[]): Candidate[] {
  const check = floating.find((each) => each.type === 'mchk');
  const own = local
    .filter((each) => check === undefined || !isCheck(each))
    .map((each) => ({ waiting: each, local: each }));
  const others = floating.flatMap((each) => (each.type === 'mchk' ? [] : [{ waiting: each, floating: each }]));
  return [...own, ...others, ...(check ? [checkOf(local.find(isCheck), check)] : [])];
}

/** What waits for a vCPU: its own interruptions, and those of the VM. */
export interface Queues {
  readonly local: readonly Interrupt[];
  readonly floating: readonly FloatingInterrupt[];
  /** Whether the VM is protected: answers of service calls wait for their notification (kvm_s390_float_interrupt, masked_irqs). */
  readonly answersMasked: boolean;
}

/** Of the interruptions that PSW, control registers and `allowed` let through the one of highest priority. */
export function nextInterrupt(
  { local, floating, answersMasked }: Queues,
  registers: Registers,
  allowed: (waiting: Waiting) => boolean = always,
): Candidate | undefined {
  return candidates(local, heads(floating, answersMasked))
    .filter(({ waiting }) => kindOf(waiting).passes(waiting, registers) && allowed(waiting))
    .reduce<Candidate | undefined>(
      (first, each) => (first === undefined || rankOf(each) < rankOf(first) ? each : first),
      undefined,
    );
}
