import type { Errno } from '../../errno.js';
import { asAbsolute, fragments } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import type { FloatingInterrupt } from '../../shapes/s390x-floating.js';
import type { Interrupt } from '../../shapes/s390x-interrupt.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { effective } from '../dat/logical-access.js';
import { addressMode } from '../dat/address-mode.js';
import { withoutFloating } from './floating.js';
import { withoutInterrupt } from './interrupt.js';
import { machineStores } from '../lowcore/lowcore-store.js';
import { rewindOf } from './lowcore-program.js';
import { PSW_PAIRS, interruptionStores } from './lowcore.js';
import { pswBytes } from '../lowcore/save-area.js';
import { type Candidate, type Queues, type Waiting, nextInterrupt } from './next-interrupt.js';
import { PREFIX_MASK, type S390xRegisterFile, type S390xVcpu } from '../vcpu/vcpu.js';
import { doublewordOf, highWord, lowWord, wordAt } from '../model/words.js';

/** What a delivery does to the vCPU, and whether the lowcore could not be reached. */
interface Delivery {
  readonly facts: readonly Event[];
  readonly registers: S390xRegisterFile;
  readonly failed: boolean;
}

/** The old PSW: its address moved back over an instruction that was nullified, as the addressing mode has it. */
function oldPsw(waiting: Waiting, { psw }: S390xRegisterFile): S390xRegisterFile['psw'] {
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

/** The facts that interruptions were taken off their queues. */
export const takenOf = (vcpu: number, { local, floating }: Candidate): Event[] => [
  ...(local ? [{ type: 'interrupt_delivered' as const, vcpu, interrupt: local }] : []),
  ...(floating ? [{ type: 'floating_interrupt_delivered' as const, interrupt: floating }] : []),
];

/** The queues without what a delivery took. */
export const without = ({ local, floating, ...rest }: Queues, taken: Candidate): Queues => ({
  ...rest,
  local: taken.local ? withoutInterrupt(local, taken.local) : local,
  floating: taken.floating ? withoutFloating(floating, taken.floating) : floating,
});

/** What waits for a vCPU. */
export const queuesOf = (vm: S390xVm, { pending }: S390xVcpu): Queues => ({
  local: pending,
  floating: vm.floating ?? [],
  answersMasked: vm.regions.protection !== 'none',
});

/** Whether nothing comes of an interruption: a service call's answer without a parameter (__deliver_service). */
export const isEmpty = (waiting: Waiting): boolean => waiting.type === 'int_service' && waiting.extParams === 0;

/**
 * Delivers one interruption: the lowcore is filled in and the PSWs are exchanged (s390-memop 10.4; PoP, "Interruption Action"). What is
 * stored elsewhere than in a slot is lost, as the interruption is (kvm_s390_deliver_pending_interrupts: EFAULT).
 */
export function deliverOne(vm: S390xVm, vcpu: number, taken: Candidate, registers: S390xRegisterFile): Delivery {
  const { memory } = vm;
  const { waiting } = taken;
  const facts = takenOf(vcpu, taken);
  if (waiting.type === 'sigp_set_prefix') {
    const prefix = waiting.address & PREFIX_MASK;
    const set: Event = { type: 'registers_set', vcpu, registers: { prefix } };
    return { facts: [...facts, set], registers: { ...registers, prefix }, failed: false };
  }
  const base = BigInt(registers.prefix);
  const pair = PSW_PAIRS[waiting.type];
  if (pair === undefined || isEmpty(waiting)) return { facts, registers, failed: false };
  const old = { absolute: base + BigInt(pair.old), bytes: pswBytes(oldPsw(waiting, registers)) };
  const stored = machineStores(memory, [...interruptionStores(vm, waiting, registers), old]);
  const psw = newPsw(memory, base + BigInt(pair.new));
  const exchanged: Event[] = psw ? [{ type: 'registers_set', vcpu, registers: { psw } }] : [];
  return {
    facts: [...facts, ...stored.facts, ...exchanged],
    registers: psw ? { ...registers, psw } : registers,
    failed: stored.failed || psw === undefined,
  };
}

/** What was delivered, in order, and what comes of it; `failed` if the run cannot go on. */
export interface Delivered {
  readonly facts: readonly Event[];
  readonly delivered: readonly (Interrupt | FloatingInterrupt)[];
  /** Local interruptions that still wait. */
  readonly left: readonly Interrupt[];
  readonly failed?: Errno;
}

/**
 * Delivers what waits, one interruption after the other, each under the masks that the one before it left, until none can be
 * delivered or the lowcore of one is not there (kvm_s390_deliver_pending_interrupts).
 */
export function deliverAll(vm: S390xVm, vcpu: S390xVcpu): Delivered {
  const facts: Event[] = [];
  const delivered: Waiting[] = [];
  let { registers } = vcpu;
  let queues = queuesOf(vm, vcpu);
  for (let next = nextInterrupt(queues, registers); next; next = nextInterrupt(queues, registers)) {
    const delivery = deliverOne(vm, vcpu.id, next, registers);
    facts.push(...delivery.facts);
    if (!isEmpty(next.waiting)) delivered.push(next.waiting);
    queues = without(queues, next);
    if (delivery.failed) return { facts, delivered, left: queues.local, failed: 'EFAULT' };
    registers = delivery.registers;
  }
  return { facts, delivered, left: queues.local };
}
