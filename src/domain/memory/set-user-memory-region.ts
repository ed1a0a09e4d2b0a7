import type { Errno } from '../errno.js';
import type { CommandOf } from '../vm/command.js';
import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { MemslotRequest } from '../vm/law/law.js';
import { PAGE_SIZE, frameOf } from './address.js';
import { KVM_MEM_MAX_NR_PAGES, KVM_USER_MEM_SLOTS } from './memslot-limits.js';
import { type Memslot, type MemslotFlag, endOf } from './memslot.js';
import { freeRange } from './user-range.js';
import type { Arch, Vm } from '../vm/state.js';

type Request = CommandOf<'set_user_memory_region'>;

const PAGE = BigInt(PAGE_SIZE);
const ADDRESSES = 1n << 64n;

const unaligned = (address: bigint): boolean => address % PAGE !== 0n;

/** Flags that a slot can have (check_memory_region_flags). */
const FLAGS: { readonly [Each in Arch]: readonly MemslotFlag[] } = {
  s390x: ['log_dirty_pages'],
  x86_64: ['log_dirty_pages', 'readonly'],
  aarch64: ['log_dirty_pages', 'readonly'],
};

const isFlag = (flag: MemslotFlag | bigint): flag is MemslotFlag => typeof flag === 'string';

const logs = ({ flags }: Request): boolean => flags.includes('log_dirty_pages');

/** What is wrong with a request whatever slots there are, in KVM's order (kvm_set_memory_region). */
const malformations: readonly ((request: Request, arch: Arch) => boolean)[] = [
  ({ slot }, arch) => (slot & 0xffff) >= KVM_USER_MEM_SLOTS[arch],
  ({ flags }, arch) => !flags.every((flag) => isFlag(flag) && FLAGS[arch].includes(flag)),
  ({ size, guestPhysAddr, userspaceAddr = 0n }) => [size, guestPhysAddr, userspaceAddr].some(unaligned),
  ({ size, userspaceAddr = 0n }) => userspaceAddr + size > ADDRESSES - PAGE,
  ({ slot }) => slot >>> 16 !== 0,
  ({ size, guestPhysAddr }) => guestPhysAddr + size >= ADDRESSES,
  ({ size }) => size / PAGE > BigInt(KVM_MEM_MAX_NR_PAGES),
];

/** What a request does to the slots: the facts, and what the architecture is asked; or why it is refused, or nothing at all. */
type Change =
  | { readonly errno: Errno }
  | { readonly errno?: undefined; readonly kind: MemslotRequest['kind']; readonly facts: readonly Event[] }
  | undefined;

const overlaps = (slots: readonly Memslot[], number: number, first: number, frames: number): boolean =>
  slots.some((slot) => slot.slot !== number && slot.firstFrame < first + frames && first < endOf(slot));

function remove(before: Memslot | undefined): Change {
  return before ? { kind: 'delete', facts: [{ type: 'memslot_deleted', slot: before.slot }] } : { errno: 'EINVAL' };
}

function create(slots: readonly Memslot[], request: Request): Change {
  const { slot, guestPhysAddr, size } = request;
  if (overlaps(slots, slot, frameOf(guestPhysAddr), frameOf(size))) return { errno: 'EEXIST' };
  const userspaceAddr = request.userspaceAddr ?? freeRange(slots, guestPhysAddr, size);
  const flags = request.flags.filter(isFlag);
  return { kind: 'create', facts: [{ type: 'memslot_created', slot, guestPhysAddr, size, userspaceAddr, flags }] };
}

function modify(slots: readonly Memslot[], request: Request, before: Memslot): Change {
  const { slot, guestPhysAddr, size, userspaceAddr } = request;
  const elsewhere = userspaceAddr !== undefined && frameOf(userspaceAddr) !== before.firstPage;
  if (elsewhere || frameOf(size) !== before.frames) return { errno: 'EINVAL' };
  const flags = request.flags.filter(isFlag);
  if (flags.includes('readonly') !== before.flags.includes('readonly')) return { errno: 'EINVAL' };
  const relabeled: Event[] =
    flags.length === before.flags.length ? [] : [{ type: 'memslot_flags_changed', slot, flags }];
  if (frameOf(guestPhysAddr) === before.firstFrame)
    return relabeled.length === 0 ? undefined : { kind: 'flags', facts: relabeled };
  if (overlaps(slots, slot, frameOf(guestPhysAddr), before.frames)) return { errno: 'EEXIST' };
  return { kind: 'move', facts: [{ type: 'memslot_moved', slot, guestPhysAddr }, ...relabeled] };
}

function changeOf(slots: readonly Memslot[], request: Request): Change {
  const before = slots.find(({ slot }) => slot === request.slot);
  if (request.size === 0n) return remove(before);
  return before ? modify(slots, request, before) : create(slots, request);
}

/**
 * KVM_SET_USER_MEMORY_REGION (api.rst 4.35; kvm_set_memory_region): creates, moves, changes or, with size 0, deletes a slot.
 *
 * Without `userspaceAddr` a slot that exists keeps its own and a new one gets a free range. EINVAL for what is out of range
 * or cannot be changed (`readonly` never can), EEXIST for a range that another slot has; a request that changes nothing is done without effect.
 * What the architecture has against a change, and that migration mode ends, is the chart's.
 */
export const setUserMemoryRegion: Decider<'set_user_memory_region', Vm> = (vm, request) => {
  if (malformations.some((wrong) => wrong(request, vm.arch))) return refused('EINVAL');
  const change = changeOf(vm.memory.slots, request);
  if (change === undefined) return done();
  if (change.errno) return refused(change.errno);
  const end = frameOf(request.guestPhysAddr + request.size);
  const { kind, facts } = change;
  const verdict = consult(vm, { type: request.type, kind, logs: logs(request), end });
  return verdict.refused ? refused(verdict.refused) : done([...facts, ...verdict.facts]);
};
