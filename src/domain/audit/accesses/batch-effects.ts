import { PAGE_SIZE, type Part, offsetOf } from '../../memory/address.js';
import type { Effect } from './effects.js';
import type { Request } from './requests.js';

/** An item of a batch, and what it was answered. */
export interface Item {
  readonly request: Request | undefined;
  readonly ret: number;
  /** The address that a program interruption names, if it names one; but for its low bits. */
  readonly stoppedAt?: bigint | undefined;
}

/** The program interruption that a key raises; of logical accesses no other comes after something was reached. */
const PROTECTION = 4;

/** What an item leaves: a fact, none, or one or none. */
type Need = 'one' | 'none' | 'maybe';

const sizeOf = (parts: readonly Part[]): number => parts.reduce((sum, { size }) => sum + size, 0);

const KINDS: Readonly<Record<string, readonly Effect['kind'][]>> = {
  read: ['read'],
  write: ['write'],
  cmpxchg: ['cmpxchg', 'write'],
};

/** A read or a write that a program interruption ended may have reached its first pages. */
function needOf({ request, ret }: Item): Need {
  if (request === undefined || !(request.kind in KINDS) || ret < 0) return 'none';
  if (ret === 0) return 'one';
  return request.kind === 'cmpxchg' || (request.given.space === 'logical' && ret !== PROTECTION) ? 'none' : 'maybe';
}

/** Whether pages reached from an address on end where the interruption says; addresses may have been cut to 24 bits. */
const endsThere = (stoppedAt: bigint | undefined, address: bigint, reached: bigint): boolean =>
  stoppedAt === undefined || (((stoppedAt >> 12n) - ((address + reached) >> 12n)) & 0xfffn) === 0n;

/** Whether a fact can be what an item left: of its kind, from its address on, whole or up to the end of a page. */
function fits({ request, ret, stoppedAt }: Item, { kind, resolved }: Effect): boolean {
  const [first] = resolved;
  const last = resolved.at(-1);
  if (request === undefined || first === undefined || last === undefined) return false;
  if (KINDS[request.kind]?.includes(kind) !== true) return false;
  const { space, address, size: asked } = request.given;
  const reached = BigInt(sizeOf(resolved));
  const begins = space === 'absolute' ? first.absolute === address : offsetOf(first.absolute) === offsetOf(address);
  if (ret === 0) return begins && reached === asked;
  const isCut = reached < asked && (offsetOf(last.absolute) + last.size) % PAGE_SIZE === 0;
  return begins && isCut && endsThere(stoppedAt, address, reached);
}

/**
 * Which of a batch's facts each item left. The record has the facts of all items in order, and does not say whose they are;
 * that follows from what each item asked for and was answered. Only where a program interruption ended two items, and both
 * can have reached the same pages, one fact can be either's; it is then the first one's.
 *
 * @returns a fact for each item that left one; undefined for all if the facts are not those of the items
 */
export function effectsByItem(items: readonly Item[], effects: readonly Effect[]): (Effect | undefined)[] {
  // For each item, how many facts may lie before it so that the rest comes out even.
  const possible: ReadonlySet<number>[] = [new Set([effects.length])];
  for (const item of [...items].reverse()) {
    const after = possible[0] ?? new Set<number>();
    const need = needOf(item);
    const taking = [...after].filter((count) => {
      const effect = effects[count - 1];
      return need !== 'none' && effect !== undefined && fits(item, effect);
    });
    possible.unshift(new Set([...(need === 'one' ? [] : after), ...taking.map((count) => count - 1)]));
  }
  let at = 0;
  if (possible[0]?.has(at) !== true) return items.map(() => undefined);
  return items.map((item, i) => {
    const effect = effects[at];
    const takes = needOf(item) !== 'none' && effect && fits(item, effect) && possible[i + 1]?.has(at + 1) === true;
    if (!takes) return undefined;
    at++;
    return effect;
  });
}
