import { hex } from '../../json.js';
import { digits, entryLine, pageLine, stopLine, vtopHead } from '../../memory/vtop-lines.js';
import type { TranslateRequest } from '../../shapes/s390x-access.js';
import type { Reply } from '../../vm/decision.js';
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

const lineOf = ({ table, entryAddress, entry, flags, pageSize }: WalkStep): string =>
  entryLine({
    name: ENTRY_NAMES[table],
    address: entryAddress,
    entry,
    size: ENTRY_SIZES[table] ?? 8,
    flags,
    pageSize,
  });

function outcomeLines({ exception, stoppedBy, absolute, pageSize = 4096 }: TranslateAnswer): string[] {
  if (exception === undefined) return absolute === undefined ? [] : [pageLine(absolute, pageSize)];
  const { code, name, transExcCode, excAccessId } = exception;
  const teid = transExcCode === undefined ? '' : `, TEID ${digits(transExcCode, 8)}`;
  const accessId = excAccessId === undefined ? '' : `, access id ${excAccessId}`;
  const lines = [`  PGM: ${hex(code)} ${name.replaceAll('_', '-')}${teid}${accessId}`];
  return stoppedBy ? [...lines, stopLine(stoppedBy)] : lines;
}

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
  return [...vtopHead(command.gaddr, absolute), ...walk.map(lineOf), ...outcomeLines(answer), ''].join('\n');
}
