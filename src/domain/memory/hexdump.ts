/** Bytes of a line. */
const LINE = 16;

const digits = (value: bigint | number, count: number): string => value.toString(16).padStart(count, '0');

const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

/** The hex of up to 8 bytes, as wide as that of 8. */
const half = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => digits(byte, 2))
    .join(' ')
    .padEnd(23);

const same = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a?.length === b.length && b.length === LINE && a.every((byte, i) => byte === b[i]);

/**
 * Bytes as `hexdump -C` writes them, line by line: the address, sixteen bytes in hex, the same as ASCII; `*` for lines that are like the
 * one before; the address of the end. Addresses have 8 digits, or 16 where the end needs more than 8.
 *
 * @param start the address of the first byte
 */
export function* hexdump(bytes: Uint8Array, start: bigint): Generator<string> {
  const end = start + BigInt(bytes.length);
  const width = end > 0xffff_ffffn ? 16 : 8;
  let before: Uint8Array | undefined;
  let skipping = false;
  for (let at = 0; at < bytes.length; at += LINE) {
    const line = bytes.subarray(at, at + LINE);
    if (same(before, line)) {
      if (!skipping) yield '*\n';
      skipping = true;
      continue;
    }
    skipping = false;
    before = line;
    const hex = `${half(line.subarray(0, 8))}  ${half(line.subarray(8))}`;
    yield `${digits(start + BigInt(at), width)}  ${hex}  |${Array.from(line, printable).join('')}|\n`;
  }
  if (bytes.length > 0) yield `${digits(end, width)}\n`;
}
