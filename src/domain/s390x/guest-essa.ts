import { addressOf, frameOf } from '../memory/address.js';
import { CMMA_BYTE, USAGE, cmmaByteOf } from '../memory/cmma.js';
import { consult } from '../vm/consult.js';
import { done } from '../vm/decision.js';
import type { Event } from '../vm/event.js';
import type { S390xVm } from '../vm/state.js';
import { hasFacility } from './facilities.js';
import { type Execute, inProblemState } from './guest-context.js';
import { seenFrame } from './internal-slot.js';
import { interruptedBy } from './instruction-exception.js';

/** The facility that ESSA's set-stable-and-no-DAT needs (PoP, "Facility Indications"). */
const SET_STABLE_NODAT_FACILITY = 147;

/** Fields of ESSA's result byte: NODAT, exception, usage state, content. */
const RESULT = { nodat: 0x20, exception: 0x10, usageShift: 2, logicallyZero: 0x03 } as const;

/** The state of a page before ESSA. */
interface Page {
  readonly usage: number;
  readonly nodat: boolean;
  readonly resident: boolean;
}

type NewState = (page: Page) => { readonly usage?: number; readonly nodat?: boolean };

/** What each operation-request code makes of a page; what is left out stays (s390-lifecycle 8.1). */
const OPERATIONS: readonly NewState[] = [
  () => ({}),
  () => ({ usage: USAGE.stable, nodat: false }),
  () => ({ usage: USAGE.unused }),
  () => ({ usage: USAGE.volatile }),
  ({ resident }) => ({ usage: resident ? USAGE.potentially_volatile : USAGE.volatile }),
  () => ({ usage: USAGE.stable }),
  ({ resident }) => (resident ? { usage: USAGE.stable } : {}),
  () => ({ usage: USAGE.stable, nodat: true }),
];

const EXTRACT = 0;
const SET_STABLE_NODAT = 7;

/** A page is resident while it holds a byte that is not zero; else it is logically zero. Content alone tells, so a state that was kept and read again answers the same. */
function pageOf({ memory }: S390xVm, frame: number): Page {
  const byte = cmmaByteOf(memory.marks.get(frame));
  const resident = memory.page(frame)?.some((value) => value !== 0) ?? false;
  return { usage: byte & CMMA_BYTE.usage, nodat: (byte & CMMA_BYTE.nodat) !== 0, resident };
}

const resultOf = ({ usage, nodat, resident }: Page): number =>
  (nodat ? RESULT.nodat : 0) | (usage << RESULT.usageShift) | (resident ? 0 : RESULT.logicallyZero);

/**
 * EXTRACT AND SET STORAGE ATTRIBUTES on the page of an absolute address (handle_essa). Reply: `result`, the byte that R1 gets,
 * of the state before. Outside migration mode the guest counts as using CMM from then on; in it, the page's state waits to be
 * collected after every operation but extract. Operation exception without CMMA, privileged-operation, specification for an
 * operation-request code that is not there; a page in no slot has the exception bit in `result`.
 */
export const essa: Execute = (vm, vcpu, { gaddr = 0n, orc = 0 }) => {
  if (vm.regions.cmma === 'off') return interruptedBy('operation');
  if (inProblemState(vcpu)) return interruptedBy('privileged_operation');
  const operation = OPERATIONS[orc];
  if (operation === undefined || (orc === SET_STABLE_NODAT && !hasFacility(vm, SET_STABLE_NODAT_FACILITY)))
    return interruptedBy('specification');
  const verdict = consult(vm, { type: 'essa' });
  const used: readonly Event[] = verdict.refused ? [] : verdict.facts;
  const frame = seenFrame(vm, vcpu, frameOf(gaddr));
  if (frame === undefined) return done(used, { result: RESULT.exception });
  const page = pageOf(vm, frame);
  const result = resultOf(page);
  if (orc === EXTRACT) return done(used, { result });
  const { usage, nodat } = { ...page, ...operation(page) };
  return done([...used, { type: 'page_state_set', absolute: addressOf(frame), usage, nodat }], { result });
};
