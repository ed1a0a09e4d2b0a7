import { toJson } from '../../../../src/domain/json.js';
import { vtopText } from '../../../../src/domain/s390x/dat/vtop-text.js';
import type { Reply } from '../../../../src/domain/vm/decision.js';
import { translated } from '../../support/s390x-commands.js';
import { ENTRIES, identityVm } from '../../support/s390x-tables.js';
import { loadDoublewords } from '../../support/s390x-vm.js';

const vm = identityVm({ crs: { 0: 0x00800000n } });
loadDoublewords(vm, ENTRIES.segment + 8n, 0x200600n);

const text = (gaddr: bigint) => vtopText({ gaddr }, translated(vm, gaddr).reply).split('\n');

describe('a translation as text', () => {
  it('a page: every entry, then the page', () => {
    expect(text(0x1234n)).toEqual([
      'VIRTUAL           PHYSICAL',
      '1234              1234',
      '',
      ' RFTE: 0000000000180000 => 000000000018400f',
      ' RSTE: 0000000000184000 => 000000000018800b',
      ' RTTE: 0000000000188000 => 000000000018c007',
      '  STE: 000000000018c000 => 0000000000190000',
      '  PTE: 0000000000190008 => 0000000000001000 (page size 4K)',
      ' PAGE: 0000000000001000 (4K)',
      '',
    ]);
  });

  it('a large frame: its flags and size', () => {
    expect(text(0x112345n).slice(1)).toEqual([
      '112345            212345',
      '',
      ' RFTE: 0000000000180000 => 000000000018400f',
      ' RSTE: 0000000000184000 => 000000000018800b',
      ' RTTE: 0000000000188000 => 000000000018c007',
      '  STE: 000000000018c008 => 0000000000200600 (protected, large, page size 1M)',
      ' PAGE: 0000000000200000 (1M)',
      '',
    ]);
  });

  it('an exception: the entry that stopped it, the interruption, the check', () => {
    expect(text(0x80000000n).slice(1)).toEqual([
      '80000000          (not mapped)',
      '',
      ' RFTE: 0000000000180000 => 000000000018400f',
      ' RSTE: 0000000000184000 => 000000000018800b',
      ' RTTE: 0000000000188008 => ffffffffffffffff (invalid, protected, common, large, no_exec)',
      '  PGM: 0x3b region-third-translation, TEID 0000000080000800, access id 0',
      ' STOP: entry_invalid: the invalid bit of the table entry must be 0',
      '',
    ]);
  });

  it('takes the answer in its JSON form as well', () => {
    for (const gaddr of [0x1234n, 0x80000000n]) {
      const { reply } = translated(vm, gaddr);
      expect(vtopText({ gaddr }, toJson(reply) as Reply)).toBe(vtopText({ gaddr }, reply));
    }
  });
});
