import type { GuestMemory } from '../memory/guest-memory.js';
import type { Command } from '../vm/command.js';
import type { Peers } from '../vm/decider.js';
import type { Event } from '../vm/facts/event.js';
import type { Vm } from '../vm/state.js';
import { type FrameRange, touchedRanges } from './touched-frames.js';

/** A guest frame of another VM that a command touched, since both VMs have the page. */
export interface TouchedElsewhere {
  readonly vm: string;
  readonly frame: number;
}

/** A page of the VMM's that is also one of another VM's. */
interface SharedPage {
  readonly page: number;
  readonly vm: string;
  readonly theirs: number;
}

/** The guest frames that a page of the VMM's is behind. */
const framesOf = ({ slots }: GuestMemory, page: number): number[] =>
  slots
    .filter(({ firstPage, frames }) => page >= firstPage && page < firstPage + frames)
    .map(({ firstPage, firstFrame }) => firstFrame + page - firstPage);

/** What a VM shares: pages that it borrowed, and pages that others borrowed of it. */
function sharedPages(vm: Vm): SharedPage[] {
  const borrowed = [...vm.memory.remote].map(([page, from]) => ({ page, vm: from.vm, theirs: from.page }));
  const lent = vm.arch === 'x86_64' ? (vm.lent ?? []) : [];
  return [
    ...borrowed,
    ...lent.map(({ page, borrower, borrowerPage }) => ({ page, vm: borrower, theirs: borrowerPage })),
  ];
}

const isIn = (frame: number, ranges: readonly FrameRange[]): boolean =>
  ranges.some(({ first, last }) => frame >= first && frame <= last);

/**
 * The guest frames of other VMs that a command asked for or touched through pages which it shares with them.
 *
 * @param vm the VM before the command
 * @param peers the VMs that it shares pages with, by id; those that are missing are left out
 */
export function touchedElsewhere(
  vm: Vm,
  command: Command,
  events: readonly Event[],
  peers: Peers,
): readonly TouchedElsewhere[] {
  const shared = sharedPages(vm);
  if (shared.length === 0) return [];
  const ranges = touchedRanges(command, events);
  return shared
    .filter(({ page }) => framesOf(vm.memory, page).some((frame) => isIn(frame, ranges)))
    .flatMap(({ vm: other, theirs }) => {
      const peer = peers.get(other);
      return peer === undefined ? [] : framesOf(peer.memory, theirs).map((frame) => ({ vm: other, frame }));
    });
}
