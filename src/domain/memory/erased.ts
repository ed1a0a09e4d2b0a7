/** Something needs bytes that an erasure removed. */
export class ErasedMemory extends Error {
  /** @param by the position of the record that removed them */
  constructor(readonly by: number) {
    super(`the record at position ${by} erased what is needed`);
  }
}

/** By which erasure bytes are gone. */
const erasures = new WeakMap<Uint8Array, number>();

/** What can be asked of bytes that are gone. */
const KNOWN: ReadonlySet<string | symbol> = new Set(['length']);

/**
 * Stands in the place of bytes that are gone. It has their length; whoever reads a byte of it, copies it or encodes it gets
 * ErasedMemory instead, so that nobody takes it for data.
 *
 * @param by the position of the record that removed them
 */
export function erased(size: number, by: number): Uint8Array {
  const bytes = new Proxy(new Uint8Array(0), {
    get: (_, property) => {
      if (KNOWN.has(property)) return size;
      throw new ErasedMemory(by);
    },
  });
  erasures.set(bytes, by);
  return bytes;
}

/** The position of the record that removed bytes; undefined if they are there. */
export const erasedBy = (bytes: Uint8Array): number | undefined => erasures.get(bytes);

/** Bytes with others stored in them; erased as a whole if a byte of them is. `before` stays as it is. */
export function storedIn(before: Uint8Array, offset: number, data: Uint8Array): Uint8Array {
  const whole = data.length === before.length;
  const by = erasedBy(data) ?? (whole ? undefined : erasedBy(before));
  if (by !== undefined) return erased(before.length, by);
  const after = whole ? new Uint8Array(before.length) : Uint8Array.from(before);
  after.set(data, offset);
  return after;
}
