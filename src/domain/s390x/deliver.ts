import type { Errno } from '../errno.js';
import { asAbsolute, fragments } from '../memory/address.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import type { Interrupt, InterruptType } from '../shapes/s390x-interrupt.js';
import type { Event } from '../vm/event.js';
import { effective } from './logical-access.js';
import { addressMode } from './address-mode.js';
import { isExigent, withoutInterrupt } from './interrupt.js';
import { machineStores } from './lowcore-store.js';
import { rewindOf } from './lowcore-program.js';
import { PSW_PAIRS, interruptionStores } from './lowcore.js';
import { pswBytes } from './save-area.js';
import { PREFIX_MASK, type S390xRegisterFile } from './vcpu.js';
import { doublewordOf, highWord, lowWord, wordAt } from './words.js';

/** PSW bits that let interruptions of a class through: external, machine check (PoP, "Program-Status Word"). */
const PSW_EXTERNAL = 1n << 56n;
const PSW_MACHINE_CHECK = 1n << 50n;

/** Subclass masks of external interruptions in CR0 (PoP, "Control Registers"). */
const CR0_SUBCLASS: { readonly [Type in InterruptType]?: bigint } = {
  int_emergency: 0x4000n,
  int_external_call: 0x2000n,
  int_clock_comp: 0x800n,
  int_cpu_timer: 0x400n,
};

type Registers = Pick<S390xRegisterFile, 'psw' | 'crs'>;

const external = (waiting: Interrupt, { psw, crs }: Registers): boolean => {
  const subclass = CR0_SUBCLASS[waiting.type];
  return (psw.mask & PSW_EXTERNAL) !== 0n && (subclass === undefined || ((crs[0] ?? 0n) & subclass) !== 0n);
};

const always = (): boolean => true;

/** What lets an interruption through, by type. A stop is no interruption of the guest: it ends the run (deliverable_irqs). */
const DELIVERABLE: { readonly [Type in InterruptType]: (waiting: Interrupt, registers: Registers) => boolean } = {
  program_int: always,
  mchk: (waiting, { psw, crs }) =>
    waiting.type === 'mchk' &&
    (psw.mask & PSW_MACHINE_CHECK) !== 0n &&
    (isExigent(waiting) || ((crs[14] ?? 0n) & waiting.cr14) !== 0n),
  int_emergency: external,
  int_external_call: external,
  int_clock_comp: external,
  int_cpu_timer: external,
  pfault_init: external,
  sigp_stop: () => false,
  restart: always,
  sigp_set_prefix: always,
};

/** The interruption of highest priority that PSW and control registers let through; `pending` is in order of priority. */
export const deliverable = (pending: readonly Interrupt[], registers: Registers): Interrupt | undefined =>
  pending.find((waiting) => DELIVERABLE[waiting.type](waiting, registers));

/** What a delivery does to the vCPU, and whether the lowcore could not be reached. */
interface Delivery {
  readonly facts: readonly Event[];
  readonly registers: S390xRegisterFile;
  readonly failed: boolean;
}

/** The old PSW: its address moved back over an instruction that was nullified, as the addressing mode has it. */
function oldPsw(waiting: Interrupt, { psw }: S390xRegisterFile): S390xRegisterFile['psw'] {
  const back = waiting.type === 'program_int' ? rewindOf(waiting) : 0;
  if (back === 0) return psw;
  const moved = BigInt.asUintN(64, psw.addr - BigInt(back));
  const mode = addressMode(highWord(psw.mask), lowWord(psw.mask));
  const { high, low } = effective({ mode }, highWord(moved), lowWord(moved));
  return { ...psw, addr: doublewordOf(high, low) };
}

const doublewordAt = (bytes: Uint8Array, at: number): bigint => doublewordOf(wordAt(bytes, at), wordAt(bytes, at + 4));

function newPsw(memory: GuestMemory, address: bigint): S390xRegisterFile['psw'] | undefined {
  if (!memory.backs(address, 16)) return undefined;
  const bytes = memory.read(fragments(asAbsolute(address), 16));
  return { mask: doublewordAt(bytes, 0), addr: doublewordAt(bytes, 8) };
}

/**
 * Delivers one interruption: the lowcore is filled in and the PSWs are exchanged (s390-memop 10.4; PoP, "Interruption Action"). What is
 * stored elsewhere than in a slot is lost, as the interruption is (kvm_s390_deliver_pending_interrupts: EFAULT).
 */
export function deliverOne(
  memory: GuestMemory,
  vcpu: number,
  waiting: Interrupt,
  registers: S390xRegisterFile,
): Delivery {
  const taken: Event = { type: 'interrupt_delivered', vcpu, interrupt: waiting };
  if (waiting.type === 'sigp_set_prefix') {
    const prefix = waiting.address & PREFIX_MASK;
    const set: Event = { type: 'registers_set', vcpu, registers: { prefix } };
    return { facts: [taken, set], registers: { ...registers, prefix }, failed: false };
  }
  const base = BigInt(registers.prefix);
  const pair = PSW_PAIRS[waiting.type];
  if (pair === undefined) return { facts: [taken], registers, failed: false };
  const old = { absolute: base + BigInt(pair.old), bytes: pswBytes(oldPsw(waiting, registers)) };
  const stored = machineStores(memory, [...interruptionStores(waiting, registers), old]);
  const psw = newPsw(memory, base + BigInt(pair.new));
  const exchanged: Event[] = psw ? [{ type: 'registers_set', vcpu, registers: { psw } }] : [];
  return {
    facts: [taken, ...stored.facts, ...exchanged],
    registers: psw ? { ...registers, psw } : registers,
    failed: stored.failed || psw === undefined,
  };
}

/** What was delivered, in order, and what comes of it; `failed` if the run cannot go on. */
export interface Delivered {
  readonly facts: readonly Event[];
  readonly delivered: readonly Interrupt[];
  readonly failed?: Errno;
}

/**
 * Delivers what waits, one interruption after the other, each under the masks that the one before it left, until none can be
 * delivered or the lowcore of one is not there (kvm_s390_deliver_pending_interrupts).
 */
export function deliverAll(
  memory: GuestMemory,
  vcpu: number,
  pending: readonly Interrupt[],
  before: S390xRegisterFile,
): Delivered {
  const facts: Event[] = [];
  const delivered: Interrupt[] = [];
  let registers = before;
  let left = pending;
  for (let next = deliverable(left, registers); next; next = deliverable(left, registers)) {
    const delivery = deliverOne(memory, vcpu, next, registers);
    facts.push(...delivery.facts);
    delivered.push(next);
    if (delivery.failed) return { facts, delivered, failed: 'EFAULT' };
    registers = delivery.registers;
    left = withoutInterrupt(left, next);
  }
  return { facts, delivered };
}
