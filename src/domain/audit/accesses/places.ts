import { PAGE_SIZE, type Part } from '../../memory/address.js';
import { type Access, MARK_KINDS } from './access.js';
import { type MemoryMap, NO_MEMORY, type PageRun, backingsOf, framesOf } from './memory-map.js';

/** Guest memory of a VM. */
export interface Place extends Part {
  readonly vm: string;
}

/** An access with all that it means for the memory of its VM and of others. */
export interface Placed extends Access {
  /** Where the same bytes are besides: in other VMs, and in other slots of the same one. */
  readonly shared: readonly Place[];
  /** The pages of VMMs whose content it set, in order. */
  readonly runs: readonly PageRun[];
}

/** The map of a VM's memory at the moment that is looked at; undefined for a VM that there is not. */
export type Maps = (vm: string) => MemoryMap | undefined;

/** Whether two slots have a page in common, by the map. */
const aliased = new WeakMap<MemoryMap, boolean>();

function hasAliases(map: MemoryMap): boolean {
  const known = aliased.get(map);
  if (known !== undefined) return known;
  const slots = [...map.slots].sort((a, b) => a.firstPage - b.firstPage);
  const found = slots.some((slot, i) => slot.firstPage + slot.frames > (slots[i + 1]?.firstPage ?? Infinity));
  aliased.set(map, found);
  return found;
}

const sharesNothing = (map: MemoryMap): boolean => map.remote.size === 0 && map.lent.length === 0 && !hasAliases(map);

/** What of a run lies in one of its pages, as a run of another page. */
function pieceIn({ page, offset, size }: PageRun, one: number, as: Pick<PageRun, 'vm' | 'page'>): PageRun | undefined {
  const start = (one - page) * PAGE_SIZE;
  const from = Math.max(offset, start);
  const to = Math.min(offset + size, start + PAGE_SIZE);
  return from < to ? { ...as, offset: from - start, size: to - from } : undefined;
}

/** Every place in guest memory where a run of pages is. */
function* placesOfRun(run: PageRun, maps: Maps): Generator<Place> {
  const owner = maps(run.vm) ?? NO_MEMORY;
  for (const part of framesOf(owner, run)) yield { vm: run.vm, ...part };
  for (const { page, borrower, borrowerPage } of owner.lent) {
    const piece = pieceIn(run, page, { vm: borrower, page: borrowerPage });
    if (piece) for (const part of framesOf(maps(borrower) ?? NO_MEMORY, piece)) yield { vm: borrower, ...part };
  }
}

/** The pages that a fact replaced. */
function replacedPages({ replaced }: Access, { remote }: MemoryMap): number[] {
  if (replaced === undefined) return [];
  if ('page' in replaced) return [replaced.page];
  return [...remote].filter(([, from]) => from.vm === replaced.lender).map(([page]) => page);
}

/**
 * Where an access was: which pages it set, and where else in guest memory the bytes are that it reached.
 *
 * @param vm whose record has it
 * @param maps the memory of VMs as it was: before the record, or as of the version that the access looked at
 */
export function placed(access: Access, vm: string, maps: Maps): Placed {
  const map = maps(vm) ?? NO_MEMORY;
  const pages = replacedPages(access, map).map((page) => ({ vm, page, offset: 0, size: PAGE_SIZE }));
  if (pages.length > 0)
    return { ...access, resolved: pages.flatMap((run) => [...framesOf(map, run)]), shared: [], runs: pages };
  const runs = access.stored.flatMap((part) => [...backingsOf(vm, map, part)].flatMap(({ run }) => run ?? []));
  if (MARK_KINDS.has(access.kind) || sharesNothing(map)) return { ...access, shared: [], runs };
  const shared = access.resolved.flatMap((part) =>
    [...backingsOf(vm, map, part)].flatMap(({ run, absolute, size }) =>
      run === undefined
        ? []
        : [...placesOfRun(run, maps)].filter(
            (place) => place.vm !== vm || place.absolute !== absolute || place.size !== size,
          ),
    ),
  );
  return { ...access, shared, runs };
}
