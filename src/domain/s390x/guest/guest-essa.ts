import { addressOf, frameOf } from '../../memory/address.js';
import { CMMA_BYTE, USAGE, cmmaByteOf } from '../../memory/cmma.js';
import { isMapped } from '../../memory/frame-key.js';
import { KEY } from '../../memory/storage-key.js';
import { consult } from '../../vm/law/consult.js';
import { done } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import { changed } from '../../vm/rules.js';
import type { S390xVm } from '../../vm/state.js';
import { hasFacility } from '../model/facilities.js';
import { type Execute, inProblemState } from './guest-context.js';
import { seenFrame } from '../dat/internal-slot.js';
import { interruptedBy } from '../dat/instruction-exception.js';

/** The facility that ESSA's set-stable-and-no-DAT needs (PoP, "Facility Indications"). */
const SET_STABLE_NODAT_FACILITY = 147;

/** Fields of ESSA's result byte: NODAT, exception, usage state, content. */
const RESULT = { nodat: 0x20, exception: 0x10, usageShift: 2 } as const;

/** What a page has in it: it is mapped, it is not but keeps its bytes, or it was discarded. */
const CONTENT = { resident: 0, preserved: 2, logicallyZero: 3 } as const;

/** The state of a page before ESSA. */
interface Page {
  readonly usage: number;
  readonly nodat: boolean;
  readonly content: (typeof CONTENT)[keyof typeof CONTENT];
  /** While it was not mapped, its key got the change bit. */
  readonly guestChanged: boolean;
}

type NewState = (page: Page) => { readonly usage?: number; readonly nodat?: boolean };

/** What each operation-request code makes of a page; what is left out stays (s390-lifecycle 8.1). */
const OPERATIONS: readonly NewState[] = [
  () => ({}),
  () => ({ usage: USAGE.stable, nodat: false }),
  () => ({ usage: USAGE.unused }),
  () => ({ usage: USAGE.volatile }),
  ({ content, guestChanged }) => {
    if (content === CONTENT.resident) return { usage: USAGE.potentially_volatile };
    return content === CONTENT.preserved && guestChanged ? {} : { usage: USAGE.volatile };
  },
  () => ({ usage: USAGE.stable }),
  ({ content }) => (content === CONTENT.resident ? { usage: USAGE.stable } : {}),
  () => ({ usage: USAGE.stable, nodat: true }),
];

const EXTRACT = 0;
const SET_STABLE_NODAT = 7;

/** Before the rules were changed, a page was resident while it held a byte that is not zero, else logically zero. */
const byBytes = ({ memory }: S390xVm, frame: number): Page['content'] =>
  memory.page(frame)?.some((value) => value !== 0) ? CONTENT.resident : CONTENT.logicallyZero;

/** A page that is not mapped is discarded as soon as the guest says that it does not need it, or can do without it. */
function byMapping(marks: number, usage: number): Page['content'] {
  if (isMapped(marks)) return CONTENT.resident;
  return usage === USAGE.unused || usage === USAGE.volatile ? CONTENT.logicallyZero : CONTENT.preserved;
}

function pageOf(vm: S390xVm, frame: number): Page {
  const marks = vm.memory.marks.get(frame);
  const byte = cmmaByteOf(marks);
  const usage = byte & CMMA_BYTE.usage;
  return {
    usage,
    nodat: (byte & CMMA_BYTE.nodat) !== 0,
    content: changed(vm, 'blockContent') ? byMapping(marks, usage) : byBytes(vm, frame),
    guestChanged: (marks & KEY.change) !== 0,
  };
}

const resultOf = ({ usage, nodat, content }: Page): number =>
  (nodat ? RESULT.nodat : 0) | (usage << RESULT.usageShift) | content;

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
