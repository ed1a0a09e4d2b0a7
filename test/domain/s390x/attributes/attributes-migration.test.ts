import { MIB, Machine, type MachineOptions } from '../../support/machine.js';

const start = (made: Machine) => made.set('migration', 'start');
const stop = (made: Machine) => made.set('migration', 'stop');
const status = (made: Machine) => made.get('migration', 'status').reply['value'];

const withSlots = (flags: readonly unknown[], options: MachineOptions = {}): Machine => {
  const made = new Machine(options);
  flags.forEach((flag, slot) => made.slot(slot, BigInt(slot) * MIB, MIB, flag));
  return made;
};

const cmmaOn = (made: Machine): Machine => made.fold({ type: 'cmma_enabled' });
const kernel = { semantics: 'kernel' } as const;

describe('MIGRATION_START', () => {
  it.each<[row: string, machine: Machine, documented: unknown]>([
    ['1: already on', withSlots([1]).fold({ type: 'migration_started' }), 0],
    ['1: already on, slots gone', new Machine().fold({ type: 'migration_started' }), 0],
    ['2: no memslots', new Machine(), 'EINVAL'],
    ['3: CMMA not enabled, unlogged slot, by the documents', withSlots([1, 0]), 'EINVAL'],
    ['3: CMMA not enabled, unlogged slot, by the code', withSlots([1, 0], kernel), 0],
    ['4: CMMA enabled, unlogged slot', cmmaOn(withSlots([1, 0])), 'EINVAL'],
    ['4: CMMA enabled, unlogged slot, by the code', cmmaOn(withSlots([1, 0], kernel)), 'EINVAL'],
    ['5: all logged', cmmaOn(withSlots([1, 1])), 0],
    ['5: all logged, by the code', cmmaOn(withSlots([1, 1], kernel)), 0],
    ['UCONTROL: its own slot does not log', new Machine({ vmType: 'ucontrol' }), 'EINVAL'],
    ['UCONTROL, by the code', new Machine({ ...kernel, vmType: 'ucontrol' }), 0],
    ['UCONTROL with CMMA, by the code', cmmaOn(new Machine({ ...kernel, vmType: 'ucontrol' })), 'EINVAL'],
    ['ENOMEM: 64 bytes for 512 pages', withSlots([1, 1], { host: { freeMemory: 63 } }), 'ENOMEM'],
    ['ENOMEM: enough', withSlots([1, 1], { host: { freeMemory: 64 } }), 0],
    ['ENOMEM: never by the code', withSlots([1, 1], { ...kernel, host: { freeMemory: 0 } }), 0],
  ])('row %s', (_row, made, expected) => {
    expect(start(made)).toBe(expected);
    expect(status(made)).toBe(expected === 0 ? 1n : 0n);
  });
});

describe('MIGRATION_STOP and MIGRATION_STATUS', () => {
  it('never fails, and status tells', () => {
    const made = withSlots([1]);
    expect([stop(made), status(made)]).toEqual([0, 0n]);
    expect([start(made), status(made)]).toEqual([0, 1n]);
    expect([start(made), stop(made), status(made), stop(made)]).toEqual([0, 0, 0n, 0]);
  });

  it('records nothing where nothing changes', () => {
    const made = withSlots([1]);
    expect(made.run({ type: 'set_device_attr', group: 'migration', attr: 'stop' }).events).toEqual([]);
    start(made);
    expect(made.run({ type: 'set_device_attr', group: 'migration', attr: 'start' }).events).toEqual([]);
    expect(made.get('migration', 'status')).toEqual({ ret: 0, reply: { value: 1n }, events: [] });
  });
});

describe('migration mode ends by itself', () => {
  it.each<[what: string, change: (made: Machine) => unknown, expected: bigint]>([
    ['a slot created without log', (made) => made.slot(1, MIB, MIB), 0n],
    ['a slot created with log', (made) => made.slot(1, MIB, MIB, 1), 1n],
    ['a slot moved without log', (made) => made.slot(0, 4n * MIB, MIB), 0n],
    ['a slot moved with log', (made) => made.slot(0, 4n * MIB, MIB, 1), 1n],
    ['logging turned off', (made) => made.slot(0, 0n, MIB), 0n],
    ['a slot deleted', (made) => made.slot(0, 0n, 0n), 1n],
    ['a request without effect', (made) => made.slot(0, 0n, MIB, 1), 1n],
    ['a request refused', (made) => made.slot(1, 0n, MIB), 1n],
  ])('%s', (_what, change, expected) => {
    const made = withSlots([1]);
    start(made);
    change(made);
    expect(status(made)).toBe(expected);
  });
});
