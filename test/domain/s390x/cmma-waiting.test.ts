import { LOG, PEEK, answer, essa, get, machine, migrating, used, waiting } from '../support/cmma.js';
import { MIB, type Machine } from '../support/machine.js';

describe('what waits to be collected', () => {
  const clear = (made: Machine) => made.set('mem_ctrl', 'clr_cmma');

  it('is every page of every slot when migration mode begins, and nothing when it ends', () => {
    const made = migrating(used(machine()));
    expect(made.vm.cmmaDirtyPages).toBe(128);
    made.set('migration', 'stop');
    expect(made.vm.cmmaDirtyPages).toBeUndefined();
    made.set('migration', 'start');
    expect(answer(get(made, 0, 128))).toEqual([0, 64, 64, new Array(64).fill(0)]);
  });

  it('is kept when migration mode is begun again', () => {
    const made = waiting([3]);
    made.set('migration', 'start');
    expect(answer(get(made, 0, 64))).toEqual([3, 1, 0, [3]]);
  });

  it.each(['documented', 'kernel'] as const)('is forgotten by CLR_CMMA, but not what remains, %s', (semantics) => {
    const made = waiting([3, 4, 40], { semantics });
    expect(clear(made)).toBe(0);
    expect(answer(get(made, 2, 64))).toEqual([2, 0, 3, []]);
    expect(answer(get(made, 2, 64, PEEK))).toEqual([2, 62, 3, new Array(62).fill(0)]);
    expect(made.vm.regions.cmm).toBe('used');
    essa(made, 9, 2);
    expect(answer(get(made, 2, 64))).toEqual([9, 1, 3, [1]]);
  });

  it('is forgotten by CLR_CMMA right after the beginning too', () => {
    const made = migrating(used(machine()));
    clear(made);
    expect(answer(get(made, 2, 64))).toEqual([2, 0, 128, []]);
  });

  it.each<[what: string, change: (made: Machine) => unknown, waits: number]>([
    ['a slot deleted', (made) => made.slot(1, 0n, 0n), 1],
    ['the other one deleted', (made) => made.slot(0, 0n, 0n), 2],
    ['a slot moved', (made) => made.slot(1, 4n * MIB, 64n << 12n, LOG), 1],
    ['a slot created with log', (made) => made.slot(2, 4n * MIB, MIB, LOG), 3],
    ['a slot created without log', (made) => made.slot(2, 4n * MIB, MIB), 0],
    ['a request refused', (made) => made.slot(2, 0n, MIB), 3],
  ])('%s: %j', (_what, change, waits) => {
    const made = waiting([3, 512, 513]);
    change(made);
    expect(made.vm.cmmaDirtyPages ?? 0).toBe(waits);
  });

  it('of a slot that is deleted at the beginning is all of it; of a new one nothing until the guest asks', () => {
    const made = migrating(used(machine()));
    made.slot(0, 0n, 0n);
    expect(made.vm.cmmaDirtyPages).toBe(64);
    made.slot(0, 0n, 64n << 12n, LOG);
    expect(made.vm.cmmaDirtyPages).toBe(64);
    essa(made, 0, 1);
    essa(made, 0, 1);
    expect(answer(get(made, 0, 64))).toEqual([0, 1, 64, [0]]);
  });
});
