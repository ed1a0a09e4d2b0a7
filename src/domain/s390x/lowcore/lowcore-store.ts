import { type Part, asAbsolute, fragments, partsOf } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import type { Event } from '../../vm/facts/event.js';

/** Bytes that the machine stores at an absolute address. */
export interface MachineStore {
  readonly absolute: bigint;
  readonly bytes: Uint8Array;
}

/** A value as big-endian bytes. */
export function bigEndian(value: bigint | number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt(value);
  for (let i = size - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** A value for an offset of the lowcore, in bytes. */
export type Field = readonly [offset: number, value: bigint | number, size: number];

/** Fields of the lowcore at a prefix as stores. */
export const fieldStores = (fields: readonly Field[], prefix: number): readonly MachineStore[] =>
  fields.map(([offset, value, size]) => ({ absolute: BigInt(prefix) + BigInt(offset), bytes: bigEndian(value, size) }));

/** Values of one size, one after the other. */
export function bigEndians(values: readonly (bigint | number)[], size: number): Uint8Array {
  const bytes = new Uint8Array(values.length * size);
  values.forEach((value, i) => bytes.set(bigEndian(value, size), i * size));
  return bytes;
}

/** What came of stores: the fact, if anything was stored, and whether a part had no memory behind it. */
export interface Stored {
  readonly facts: readonly Event[];
  readonly failed: boolean;
}

/** Stores by the machine itself: no translation, no protection. One that no slot backs is left out, the rest is done. */
export function machineStores(memory: GuestMemory, stores: readonly MachineStore[]): Stored {
  const backed = stores.filter(({ absolute, bytes }) => memory.backs(absolute, bytes.length));
  const failed = backed.length < stores.length;
  if (backed.length === 0) return { facts: [], failed };
  const parts: Part[] = backed.flatMap(({ absolute, bytes }) => partsOf(fragments(asAbsolute(absolute), bytes.length)));
  const data = new Uint8Array(backed.reduce((size, { bytes }) => size + bytes.length, 0));
  let at = 0;
  for (const { bytes } of backed) {
    data.set(bytes, at);
    at += bytes.length;
  }
  return { facts: [{ type: 'memory_stored', parts, data }], failed };
}
