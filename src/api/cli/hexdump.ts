const WIDTH = 16;

const PRINTABLE = { first: 0x20, last: 0x7e };

const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

const charactersOf = (bytes: Uint8Array): string =>
  [...bytes]
    .map((byte) => (byte >= PRINTABLE.first && byte <= PRINTABLE.last ? String.fromCharCode(byte) : '.'))
    .join('');

const addressText = (address: bigint): string => address.toString(16).padStart(16, '0');

/** A line of a dump: sixteen bytes from an address on. */
function lineOf(address: bigint, bytes: Uint8Array): string {
  const halves = [bytes.subarray(0, WIDTH / 2), bytes.subarray(WIDTH / 2)].map(hexOf);
  return `${addressText(address)}  ${halves.join('  ').padEnd(WIDTH * 3)}  |${charactersOf(bytes)}|\n`;
}

/** Bytes as `hexdump -C` shows them, from a guest address on: lines that repeat are one `*`, and the end has a line. */
export function hexdump(gpa: bigint, bytes: Uint8Array): string {
  let text = '';
  let before: string | undefined;
  let skips = false;
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const row = bytes.subarray(at, at + WIDTH);
    const same = row.length === WIDTH && hexOf(row) === before;
    if (!same) text += lineOf(gpa + BigInt(at), row);
    else if (!skips) text += '*\n';
    skips = same;
    before = hexOf(row);
  }
  return `${text}${addressText(gpa + BigInt(bytes.length))}\n`;
}
