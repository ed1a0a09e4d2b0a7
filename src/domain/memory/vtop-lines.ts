/** A table entry as a line of text shows it. */
export interface EntryLine {
  /** What dump readers call such an entry. */
  readonly name: string;
  /** Numbers, or their JSON form. */
  readonly address: bigint | string;
  readonly entry: bigint | string;
  /** Bytes of the entry. */
  readonly size: number;
  readonly flags: readonly string[];
  /** Bytes of the page that the entry maps. */
  readonly pageSize?: number | undefined;
}

const UNITS = [
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
] as const;

/** Bytes with a binary suffix, as in `4K`, `1M`, `2G`. */
function sizeText(bytes: number): string {
  const [suffix, unit] = UNITS.find(([, size]) => bytes >= size) ?? ['', 1];
  return `${bytes / unit}${suffix}`;
}

/** Hex digits without prefix, padded to the width of `bytes`; takes a number in its JSON form too. */
export const digits = (value: bigint | string, bytes = 0): string =>
  BigInt(value)
    .toString(16)
    .padStart(2 * bytes, '0');

const COLUMN = 18;

/** The head of a translation in the layout of the dump analysis tools' `vtop`: the address and where it lies. */
export const vtopHead = (virtual: bigint, physical: bigint | string | undefined): string[] => [
  `${'VIRTUAL'.padEnd(COLUMN)}PHYSICAL`,
  `${digits(virtual).padEnd(COLUMN)}${physical === undefined ? '(not mapped)' : digits(physical)}`,
  '',
];

/** One table entry: address, content, flags. */
export function entryLine({ name, address, entry, size, flags, pageSize }: EntryLine): string {
  const notes = [...flags, ...(pageSize === undefined ? [] : [`page size ${sizeText(pageSize)}`])];
  const line = `${name.padStart(5)}: ${digits(address, 8)} => ${digits(entry, size)}`;
  return notes.length === 0 ? line : `${line} (${notes.join(', ')})`;
}

/** The page that an address lies in. */
export const pageLine = (physical: bigint | string, pageSize: number): string =>
  ` PAGE: ${digits(BigInt(physical) & ~BigInt(pageSize - 1), 8)} (${sizeText(pageSize)})`;

/** What a translation stopped at. */
export const stopLine = ({ reason, check }: { readonly reason: string; readonly check: string }): string =>
  ` STOP: ${reason}: ${check}`;
