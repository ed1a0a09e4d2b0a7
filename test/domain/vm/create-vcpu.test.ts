import { Machine } from '../support/machine.js';

describe('KVM_CREATE_VCPU', () => {
  it.each<[row: string, vmType: 'default' | 'ucontrol', id: number, expected: unknown]>([
    ['1: id 255', 'ucontrol', 255, 'EINVAL'],
    ['1: id 2^32-1', 'ucontrol', 2 ** 32 - 1, 'EINVAL'],
    ['3: id 248', 'default', 248, 'EINVAL'],
    ['3: id 254', 'default', 254, 'EINVAL'],
    ['3: id 254 of a UCONTROL VM', 'ucontrol', 254, 0],
    ['7: id 247', 'default', 247, 0],
    ['7: id 0', 'default', 0, 0],
  ])('row %s', (_row, vmType, id, expected) => {
    expect(new Machine({ vmType }).vcpu(id)).toBe(expected);
  });

  it('row 6: an id in use is EEXIST and changes nothing', () => {
    const machine = new Machine();
    machine.vcpu(5);
    expect(machine.run({ type: 'create_vcpu', id: 5 })).toMatchObject({ errno: 'EEXIST', events: [] });
    expect(machine.vcpu(6)).toBe(0);
  });

  it('row 2: a 256th is EINVAL, before it is looked whether the id is in use', () => {
    const machine = new Machine({ vmType: 'ucontrol' });
    for (let id = 0; id < 255; id++) expect(machine.vcpu(id)).toBe(0);
    expect(machine.vcpu(7)).toBe('EINVAL');
  });

  it('row 6 before the count is full: all ids of a normal VM in use is EEXIST', () => {
    const machine = new Machine();
    for (let id = 0; id < 248; id++) machine.vcpu(id);
    expect(machine.vcpu(7)).toBe('EEXIST');
  });

  it('answers the id and leaves a stopped vCPU with everything 0 but the pfault token', () => {
    const machine = new Machine();
    expect(machine.run({ type: 'create_vcpu', id: 3 })).toMatchObject({ ret: 0, reply: { id: 3 } });
    const { registers, ...vcpu } = machine.vm.vcpus.get(3) ?? { registers: undefined };
    expect(vcpu).toEqual({ id: 3, mpState: 'stopped', pending: [] });
    expect(registers).toMatchObject({ psw: { mask: 0n, addr: 0n }, prefix: 0, gbea: 0n, pftoken: (1n << 64n) - 1n });
    expect(registers?.crs).toEqual(new Array(16).fill(0n));
  });

  it('gives a vCPU of a protected VM its secure interface data area', () => {
    const machine = new Machine().fold({ type: 'protection_enabled' });
    machine.vcpu(0);
    expect(machine.vm.vcpus.get(0)?.sida).toEqual(new Uint8Array(4096));
  });
});
