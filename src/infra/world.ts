import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** What commands take from outside; tests bring their own. */
export interface World {
  readonly now: () => Date;
  readonly random: (size: number) => Uint8Array;
  /** A new VM id: a UUIDv7, so that ids sort by time. */
  readonly newId: () => string;
}

/** Random bytes that were asked of the system and not yet given out: a call for each salt would cost more than the salt. */
let pool = new Uint8Array();

function random(size: number): Uint8Array {
  if (size > pool.length) pool = new Uint8Array(randomBytes(Math.max(size, 8192)));
  const taken = pool.slice(0, size);
  pool.fill(0, 0, size);
  pool = pool.subarray(size);
  return taken;
}

export const world: World = { now: () => new Date(), random, newId: () => v7() };
