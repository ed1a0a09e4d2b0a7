import { hex } from '../json.js';
import type { TranslateRequest } from '../shapes/s390x-access.js';
import type { Reply } from '../vm/decision.js';
import type { WalkStep } from './explain.js';
import type { TranslateAnswer } from './translate.js';

/** Short names of table entries, as dump readers know them. */
const ENTRY_NAMES: Readonly<Record<WalkStep['table'], string>> = {
  region_first: 'RFTE',
  region_second: 'RSTE',
  region_third: 'RTTE',
  segment: 'STE',
  page: 'PTE',
  access_list_designation: 'ALD',
  access_list: 'ALE',
  asn_second_table: 'ASTE',
  authority_table: 'ATE',
};

/** Bytes of the entries that are not doublewords. */
const ENTRY_SIZES: { readonly [Table in WalkStep['table']]?: number } = {
  access_list_designation: 4,
  access_list: 16,
  asn_second_table: 64,
  authority_table: 1,
};

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
const digits = (value: bigint | string, bytes = 0): string =>
  BigInt(value)
    .toString(16)
    .padStart(2 * bytes, '0');

const COLUMN = 18;

function entryLine({ table, entryAddress, entry, flags, pageSize }: WalkStep): string {
  const name = ENTRY_NAMES[table].padStart(5);
  const notes = [...flags, ...(pageSize === undefined ? [] : [`page size ${sizeText(pageSize)}`])];
  const line = `${name}: ${digits(entryAddress, 8)} => ${digits(entry, ENTRY_SIZES[table] ?? 8)}`;
  return notes.length === 0 ? line : `${line} (${notes.join(', ')})`;
}

function outcomeLines({ exception, stoppedBy, absolute, pageSize = 4096 }: TranslateAnswer): string[] {
  if (exception === undefined) return absolute === undefined ? [] : [` PAGE: ${pageStart(absolute, pageSize)}`];
  const { code, name, transExcCode, excAccessId } = exception;
  const teid = transExcCode === undefined ? '' : `, TEID ${digits(transExcCode, 8)}`;
  const accessId = excAccessId === undefined ? '' : `, access id ${excAccessId}`;
  const lines = [`  PGM: ${hex(code)} ${name.replaceAll('_', '-')}${teid}${accessId}`];
  return stoppedBy ? [...lines, ` STOP: ${stoppedBy.reason}: ${stoppedBy.check}`] : lines;
}

const pageStart = (absolute: bigint | string, pageSize: number): string =>
  `${digits(BigInt(absolute) & ~BigInt(pageSize - 1), 8)} (${sizeText(pageSize)})`;

/**
 * An explained translation as lines of text, laid out like the dump analysis tools' `vtop`: the address and where it lies, one line
 * for each table entry (address, content, flags), then the page, or the program interruption and the check that raised it.
 *
 * @param command the request
 * @param reply its answer with `explain`, as decided or in its JSON form
 */
export function vtopText(command: Pick<TranslateRequest, 'gaddr'>, reply: Reply): string {
  const answer = reply as TranslateAnswer;
  const { absolute, walk = [] } = answer;
  return [
    `${'VIRTUAL'.padEnd(COLUMN)}PHYSICAL`,
    `${digits(command.gaddr).padEnd(COLUMN)}${absolute === undefined ? '(not mapped)' : digits(absolute)}`,
    '',
    ...walk.map(entryLine),
    ...outcomeLines(answer),
    '',
  ].join('\n');
}
