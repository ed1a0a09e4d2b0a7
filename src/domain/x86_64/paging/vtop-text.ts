import { digits, entryLine, pageLine, stopLine, vtopHead } from '../../memory/vtop-lines.js';
import type { Translate2Request } from '../../shapes/x86-access.js';
import type { Reply } from '../../vm/decision.js';
import type { WalkStep } from './explain.js';
import type { Translate2Answer } from './translator.js';

/** Names of table entries, as dump readers know them. */
const ENTRY_NAMES: Readonly<Record<WalkStep['table'], string>> = {
  pml5: 'PML5E',
  pml4: 'PML4E',
  pdpt: 'PDPTE',
  pd: 'PDE',
  pt: 'PTE',
};

/** Bytes of the entries: 4 with 32-bit paging, whose first table is a page directory. */
const entrySize = (walk: readonly WalkStep[]): number => (walk[0]?.table === 'pd' ? 4 : 8);

function outcomeLines({ valid, physicalAddress, errorCode, walk = [], stoppedBy }: Translate2Answer): string[] {
  if (valid) return [pageLine(physicalAddress, walk.at(-1)?.pageSize ?? 4096)];
  const fault = errorCode === null ? '0' : `${errorCode.code} ${errorCode.name.replaceAll('_', '-')}`;
  const line = `  ERR: ${fault}, physical address ${digits(physicalAddress)}`;
  return stoppedBy ? [line, stopLine(stoppedBy)] : [line];
}

/**
 * An explained KVM_TRANSLATE2 as lines of text, laid out like the dump analysis tools' `vtop`: the address and where it lies, one
 * line for each table entry (address, content, flags), then the page, or the error, the address with it, and the check that failed.
 *
 * @param request the request
 * @param reply its answer with `explain`, as decided or in its JSON form; of a refused item of a batch only the head is left
 */
export function vtopText({ linearAddress }: Pick<Translate2Request, 'linearAddress'>, reply: Reply): string {
  if (!('valid' in reply)) return [...vtopHead(linearAddress, undefined), ''].join('\n');
  const answer = reply as Translate2Answer;
  const { walk = [], valid, physicalAddress } = answer;
  const size = entrySize(walk);
  const lines = walk.map(({ table, entryAddress, entry, flags, pageSize }) =>
    entryLine({ name: ENTRY_NAMES[table], address: entryAddress, entry, size, flags, pageSize }),
  );
  return [...vtopHead(linearAddress, valid ? physicalAddress : undefined), ...lines, ...outcomeLines(answer), ''].join(
    '\n',
  );
}
