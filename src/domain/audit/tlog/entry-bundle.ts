/** Entries one after the other, each behind its length in two bytes, big-endian (C2SP tlog-tiles, "Log entries"). */
export function entryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(entries.reduce((size, entry) => size + 2 + entry.length, 0));
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint16(at, entry.length);
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** The entries of a bundle; undefined if it ends in the midst of one. */
export function entriesOf(bundle: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.length);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length;) {
    const start = at + 2;
    if (start > bundle.length) return undefined;
    const end = start + view.getUint16(at);
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(start, end));
    at = end;
  }
  return entries;
}
