import { STOPS } from '../../x86_64/paging/explain.js';
import { TRANSLATE_FAULTS } from '../../x86_64/paging/fault.js';
import { PAGING_MODES, type PagingLevel, type PagingMode } from '../../x86_64/paging/paging-mode.js';
import { RULES } from '../../x86_64/paging/permissions.js';
import { type ReservedFacts, reservedBits } from '../../x86_64/paging/reserved-bits.js';
import { code, page, table } from './markdown.js';

/** A CPU on which nothing is reserved but what always is, with the fewest address bits that show as a range. */
const CPU: ReservedFacts = { maxPhysAddrBits: 46, cpuVendor: 'intel', gbPages: true, nxe: true, pse: true };

/** The bits of a mask as ranges, highest first: `51:46, 20:13`. */
function rangesOf(mask: bigint): string {
  const ranges: string[] = [];
  for (let bit = 63; bit >= 0; bit--) {
    const high = bit;
    while (bit >= 0 && ((mask >> BigInt(bit)) & 1n) === 1n) bit--;
    if (bit < high) ranges.push(bit + 1 === high ? String(high) : `${high}:${bit + 1}`);
  }
  return ranges.join(', ') || 'none';
}

const LEAVES: Readonly<Record<PagingLevel['leaf'], string>> = {
  always: 'always',
  page_size: 'bit 7',
  page_size_with_pse: 'bit 7, with CR4.PSE',
  never: 'never',
};

const levelRow = ({ name, entrySize }: PagingMode, { table: of, shift, indexBits, leaf, reserved }: PagingLevel) => [
  name,
  of,
  `${shift + indexBits - 1}:${shift}`,
  String(entrySize),
  LEAVES[leaf],
  rangesOf(reservedBits(reserved, false, CPU)),
  rangesOf(reservedBits(reserved, true, CPU)),
];

/** How x86_64 addresses are translated, from the tables that walks use. */
export const pagingPage = (): string =>
  page(
    'Paging of an x86_64 vCPU',
    '## Levels',
    'From the root down. Reserved bits are those of a present entry with bit 7 clear and with bit 7 set, on an Intel CPU with 46 bits of physical address, 1 GiB pages, EFER.NXE=1 and CR4.PSE=1. Without NXE bit 63 is reserved, without 1 GiB pages bit 7 of a PDPTE, on AMD and Hygon bit 8 of PML4 and PML5 entries; without PSE nothing is reserved in 32-bit paging.',
    table(
      [
        'mode',
        'table',
        'bits of the address',
        'bytes of an entry',
        'maps a page',
        'reserved, bit 7 = 0',
        'reserved, bit 7 = 1',
      ],
      Object.values(PAGING_MODES).flatMap((mode: PagingMode) => mode.levels.map((level) => levelRow(mode, level))),
    ),
    '## Rights',
    'With `documented` semantics KVM_TRANSLATE2 looks at a rule where the table says; with `kernel` at all of them on every level, and at protection key 0. KVM_TRANSLATE and the guest itself look at all of them on the leaf.',
    table(
      ['rule', 'demands', 'where'],
      Object.entries(RULES).map(([name, { check, at }]) => [code(name), check, at === 'leaf' ? 'leaf' : 'every level']),
    ),
    '## What stops a translation',
    table(
      ['`stoppedBy.reason`', '`errorCode`', 'check'],
      Object.entries(STOPS).map(([reason, { fault, check }]) => [
        code(reason),
        `${TRANSLATE_FAULTS[fault]} ${code(fault)}`,
        check,
      ]),
    ),
  );
