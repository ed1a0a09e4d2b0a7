import { frameOf } from '../../memory/address.js';
import type { Event, EventOf, EventType } from '../../vm/facts/event.js';
import type { MapSlot, MemoryMap } from './memory-map.js';

type Changes = { readonly [Type in EventType]?: (map: MemoryMap, event: EventOf<Type>) => MemoryMap };

const withSlots = (map: MemoryMap, slots: readonly MapSlot[]): MemoryMap => ({
  ...map,
  slots: [...slots].sort((a, b) => a.firstFrame - b.firstFrame),
});

const withoutRemote = ({ remote, ...map }: MemoryMap, ends: (page: number, lender: string) => boolean): MemoryMap => ({
  ...map,
  remote: new Map([...remote].filter(([page, { vm }]) => !ends(page, vm))),
});

/** What each fact does to the map of its VM's memory; one that is not here does nothing to it. */
const CHANGES: Changes = {
  memslot_created: (map, { slot, guestPhysAddr, size, userspaceAddr }) =>
    withSlots(map, [
      ...map.slots,
      { slot, firstFrame: frameOf(guestPhysAddr), frames: frameOf(size), firstPage: frameOf(userspaceAddr) },
    ]),
  memslot_moved: (map, { slot, guestPhysAddr }) =>
    withSlots(
      map,
      map.slots.map((each) => (each.slot === slot ? { ...each, firstFrame: frameOf(guestPhysAddr) } : each)),
    ),
  memslot_deleted: (map, { slot }) =>
    withSlots(
      map,
      map.slots.filter((each) => each.slot !== slot),
    ),
  page_borrowed: (map, { page, lender, lenderPage }) => ({
    ...map,
    remote: new Map(map.remote).set(page, { vm: lender, page: lenderPage }),
  }),
  page_returned: (map, { page }) => withoutRemote(map, (each) => each === page),
  pages_lost: (map, { lender }) => withoutRemote(map, (_, from) => from === lender),
  page_lent: (map, { page, borrower, borrowerPage }) => ({
    ...map,
    lent: [...map.lent, { page, borrower, borrowerPage }],
  }),
  page_taken_back: (map, { page, borrower, borrowerPage }) => ({
    ...map,
    lent: map.lent.filter(
      (each) => each.page !== page || each.borrower !== borrower || each.borrowerPage !== borrowerPage,
    ),
  }),
  pages_taken_back: (map, { borrower }) => ({ ...map, lent: map.lent.filter((each) => each.borrower !== borrower) }),
};

/** Whether a fact changes maps of memory. */
export const changesMap = (type: EventType): boolean => type in CHANGES;

/** The map of a VM's memory after a fact; the same one if the fact says nothing of it. */
export function mapAfter(map: MemoryMap, event: Event): MemoryMap {
  const change = CHANGES[event.type] as ((map: MemoryMap, event: Event) => MemoryMap) | undefined;
  return change ? change(map, event) : map;
}
