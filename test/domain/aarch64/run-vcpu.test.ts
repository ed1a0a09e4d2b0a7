import { Aarch64Machine } from '../support/aarch64.js';

const state = (made: Aarch64Machine) => made.run({ type: 'get_mp_state', vcpu: 0 }).reply['mpState'];

describe('KVM_RUN', () => {
  it('marks the VM as one that ran, once', () => {
    const made = new Aarch64Machine();
    expect(made.vm.regions.run).toBe('never');
    expect(made.run({ type: 'run_vcpu', vcpu: 0 })).toEqual({
      ret: 0,
      reply: {},
      events: [{ type: 'vm_ran', vcpu: 0 }],
    });
    expect(made.vm.regions.run).toBe('ran');
    expect(made.run({ type: 'run_vcpu', vcpu: 0 })).toEqual({ ret: 0, reply: {}, events: [] });
  });

  it('marks it also where the run ends before the guest is entered', () => {
    const made = new Aarch64Machine();
    expect(made.answer({ type: 'run_vcpu', vcpu: 0, immediateExit: true })).toBe('EINTR');
    expect(made.filter(0x84000000, 1, 'deny')).toBe('EBUSY');
    const stopped = new Aarch64Machine();
    stopped.mpState(0, 'stopped');
    expect(stopped.enter()).toBe(0);
    expect(stopped.filter(0x84000000, 1, 'deny')).toBe('EBUSY');
  });

  it('of no vCPU is ENOENT and marks nothing', () => {
    const made = new Aarch64Machine();
    expect(made.enter(1)).toBe('ENOENT');
    expect(made.filter(0x84000000, 1, 'deny')).toBe(0);
  });
});

describe('KVM_SET_MP_STATE', () => {
  it.each<[asked: string | number, name: string]>([
    ['runnable', 'runnable'],
    [0, 'runnable'],
    ['stopped', 'stopped'],
    [5, 'stopped'],
    ['suspended', 'suspended'],
    [10, 'suspended'],
  ])('%s is %s', (asked, name) => {
    const made = new Aarch64Machine();
    made.mpState(0, name === 'stopped' ? 'suspended' : 'stopped');
    expect([made.mpState(0, asked), state(made)]).toEqual([0, name]);
    expect(made.run({ type: 'set_mp_state', vcpu: 0, mpState: asked }).events).toEqual([]);
  });

  it.each(['halted', 'operating', 'load', 'check_stop', 'init_received', 1, 2, 3, 4, 6, 7, 8, 9, 11, 0xffffffff])(
    '%s: EINVAL',
    (asked) => {
      const made = new Aarch64Machine();
      expect([made.mpState(0, asked), state(made)]).toEqual(['EINVAL', 'runnable']);
    },
  );

  it('and KVM_GET_MP_STATE of no vCPU are ENOENT', () => {
    const made = new Aarch64Machine();
    expect([made.mpState(1, 'stopped'), made.answer({ type: 'get_mp_state', vcpu: 1 })]).toEqual(['ENOENT', 'ENOENT']);
  });

  it('KVM_GET_MP_STATE answers 0 in both semantics', () => {
    for (const semantics of ['documented', 'kernel'] as const)
      expect(new Aarch64Machine({ semantics }).run({ type: 'get_mp_state', vcpu: 0 })).toMatchObject({
        ret: 0,
        reply: { mpState: 'runnable' },
      });
  });
});

describe('KVM_CREATE_VCPU', () => {
  it.each<[id: number, result: unknown]>([
    [1, 1],
    [511, 511],
    [512, 'EINVAL'],
    [0xffffffff, 'EINVAL'],
    [0, 'EEXIST'],
  ])('%i: %s', (id, result) => {
    const made = new Aarch64Machine();
    const answer = made.run({ type: 'create_vcpu', id });
    expect(answer.errno ?? answer.reply['id']).toBe(result);
  });

  it('is possible after a run', () => {
    const made = new Aarch64Machine();
    made.enter();
    expect(made.vcpu(1)).toBe(0);
  });
});
