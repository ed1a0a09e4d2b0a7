import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { Census } from '../../../src/infra/metrics/census.js';
import { honest } from '../journal/drafts.js';

describe('a census', () => {
  it('counts VMs that were created and not destroyed, and goes on from where it was', async () => {
    const journal = new MemoryJournal();
    const census = new Census(journal);
    expect(await census.count()).toBe(0);
    const append = (vm: string, version: number, type: string, ret = 0) =>
      journal.append(honest(vm, version, { index: { type, ret } }));
    await append('a', 1, 'create_vm');
    await append('b', 1, 'create_vm');
    await append('a', 2, 'create_vm', -17);
    await append('a', 3, 'destroy_vm', -16);
    expect(await census.count()).toBe(2);
    await append('a', 4, 'destroy_vm');
    await append('c', 1, 'create_vm');
    await append('c', 2, 's390_mem_op');
    expect(await Promise.all([census.count(), census.count()])).toEqual([2, 2]);
    await append('c', 3, 'destroy_vm');
    expect(await census.count()).toBe(1);
    expect(await census.count()).toBe(1);
  });

  it('counts every page of a long journal', async () => {
    const journal = new MemoryJournal();
    for (let i = 0; i < 2100; i++) await journal.append(honest(`v${i}`, 1, { index: { type: 'create_vm' } }));
    expect(await new Census(journal).count()).toBe(2100);
  });
});
