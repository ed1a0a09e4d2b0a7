import { touchedElsewhere } from '../../../src/domain/audit/touched-elsewhere.js';
import { command } from '../../../src/domain/vm/command.js';
import { X86, X86Vms } from '../support/x86-vms.js';

/** T lends page 5 to I, where it is pages 9 and 10; I has a second slot at 16 MiB on the same pages of its VMM. */
function sharing(): X86Vms {
  const target = new X86({}, 'T').hook();
  const tool = new X86({}, 'I', target.vms);
  const userspaceAddr = (tool.vm.memory.slots[0]?.firstPage ?? 0) * 4096;
  tool.run({ type: 'set_user_memory_region', slot: 1, guestPhysAddr: 1 << 24, size: 0x10000, userspaceAddr });
  for (const to of [0x9000, 0xa000]) {
    tool.put(0x100000n, target.token(to >> 12));
    tool.call(32, [0x100000, 0x5000, to]);
  }
  return target.vms;
}

const read = (gpa: number, size = 1) => command.parse({ type: 'read_memory', gpa, size });

describe('frames of other VMs that a command touched', () => {
  it.each<[what: string, vm: string, gpa: number, size: number, found: readonly [string, number][]]>([
    ['the borrower’s, of the lender', 'I', 0x9fff, 1, [['T', 5]]],
    ['the borrower’s, by another slot', 'I', (1 << 24) + 0xa000, 1, [['T', 5]]],
    [
      'both of the borrower’s at once',
      'I',
      0x9fff,
      2,
      [
        ['T', 5],
        ['T', 5],
      ],
    ],
    [
      'the lender’s, of the borrower, wherever it is',
      'T',
      0x5000,
      4096,
      [
        ['I', 9],
        ['I', 0x1009],
        ['I', 10],
        ['I', 0x100a],
      ],
    ],
    ['pages beside them', 'T', 0x4000, 4096, []],
    ['pages beside them', 'I', 0xb000, 4096, []],
  ])('%s', (_what, vm, gpa, size, found) => {
    const vms = sharing();
    const touched = touchedElsewhere(vms.vm(vm), read(gpa, size), [], vms.states);
    expect(touched.map((each) => [each.vm, each.frame])).toEqual(found);
  });

  it('what facts touched counts, and a VM that is not at hand is left out', () => {
    const vms = sharing();
    const facts = new X86({}, 'I', new X86Vms()).guest('store', { gva: 0x9000, data: 'AQ==' }).events;
    const none = command.parse({ type: 'destroy_vm' });
    expect(touchedElsewhere(vms.vm('I'), none, facts, vms.states)).toEqual([{ vm: 'T', frame: 5 }]);
    expect(touchedElsewhere(vms.vm('I'), none, facts, new Map())).toEqual([]);
    expect(touchedElsewhere(vms.vm('I'), none, [], vms.states)).toEqual([]);
  });
});
