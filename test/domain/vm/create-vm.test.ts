import { command } from '../../../src/domain/vm/command.js';
import { createVm } from '../../../src/domain/vm/create-vm.js';
import { decide } from '../../../src/domain/vm/decide.js';
import { Machine } from '../support/machine.js';

const create = (options: object = {}) => {
  const parsed = command.parse({ type: 'create_vm', arch: 's390x', ...options });
  if (parsed.type !== 'create_vm') throw new Error('not a creation');
  return parsed;
};

describe('KVM_CREATE_VM', () => {
  it('records the machine as it was asked for, with nothing in it', () => {
    const { vm } = new Machine({ semantics: 'kernel', host: { cmma: false } });
    expect(vm).toMatchObject({
      id: 'vm',
      arch: 's390x',
      vmType: 'default',
      semantics: 'kernel',
      host: { cmma: false, protectedVirtualization: true, maxGuestMemory: 1n << 47n },
      regions: {
        lifecycle: 'live',
        vcpus: 'none',
        cmma: 'off',
        migration: 'off',
        protection: 'none',
        aside: 'none',
        skeys: 'off',
        cmm: 'unused',
      },
    });
    expect([vm.vcpus.size, vm.memory.slots.length, vm.topTable]).toEqual([0, 0, undefined]);
  });

  it.each<[what: string, options: object, expected: string | undefined]>([
    ['a normal VM', {}, undefined],
    ['a normal VM without the privilege', { host: { ucontrol: false } }, undefined],
    ['a UCONTROL VM', { vmType: 'ucontrol' }, undefined],
    ['a UCONTROL VM without the privilege', { vmType: 'ucontrol', host: { ucontrol: false } }, 'EINVAL'],
  ])('%s', (_what, options, expected) => {
    const { errno, reply, events } = createVm(undefined, create(options));
    expect([errno, reply, events.length]).toEqual([expected, {}, expected ? 0 : 1]);
  });

  it('is EEXIST where the VM is there, and where it was', () => {
    const machine = new Machine();
    expect(createVm(machine.vm, create())).toMatchObject({ errno: 'EEXIST', events: [] });
    machine.run({ type: 'destroy_vm' });
    expect(createVm(machine.vm, create({ vmType: 'ucontrol', host: { ucontrol: false } })).errno).toBe('EEXIST');
  });
});

describe('the end of a VM', () => {
  it('leaves nothing that a command could be given to', () => {
    const machine = new Machine();
    expect(machine.run({ type: 'destroy_vm' })).toMatchObject({ ret: 0, events: [{ type: 'vm_destroyed' }] });
    expect(machine.answer({ type: 'destroy_vm' })).toBe('ENOENT');
    expect(machine.vcpu(0)).toBe('ENOENT');
  });

  it('is ENOENT for a VM that never was', () => {
    expect(decide(undefined, command.parse({ type: 'destroy_vm' })).errno).toBe('ENOENT');
  });
});
