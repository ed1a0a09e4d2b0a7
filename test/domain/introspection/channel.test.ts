import { introspectionView, pendingEvents } from '../../../src/domain/introspection/view.js';
import { X86 } from '../support/x86-vms.js';

const OFF = { host: { introspection: false } };

const hook = (more: object = {}) => ({ type: 'introspection_hook', ...more });
const unhook = { type: 'introspection_unhook' };
const preunhook = { type: 'introspection_preunhook' };
const allow = (more: object) => ({ type: 'introspection_allow', allow: 1, ...more });

describe('KVM_INTROSPECTION_HOOK: errors in order', () => {
  it.each<[row: string, x86: () => X86, input: object, expected: string | number]>([
    ['module parameter off, padding too', () => new X86(OFF), { padding: 1 }, 'EPERM'],
    ['padding', () => new X86(), { padding: 1, fd: -1 }, 'EINVAL'],
    ['padding of a hooked VM', () => new X86().hook(), { padding: 1 }, 'EINVAL'],
    ['already hooked, fd not a socket', () => new X86().hook(), { fd: -1 }, 'EEXIST'],
    ['fd not a socket', () => new X86(), { fd: -1 }, 'EINVAL'],
    ['fd a socket', () => new X86(), { fd: 5 }, 0],
    ['no fd', () => new X86(), {}, 0],
  ])('%s', (_row, x86, input, expected) => {
    expect(x86().answer(hook(input))).toBe(expected);
  });

  it('right after it only three commands are allowed, and no event', () => {
    const x86 = new X86();
    x86.run(hook({ uuid: '00112233-4455-6677-8899-aabbccddeeff' }));
    expect(introspectionView(x86.vm, 0)).toEqual({
      hooked: true,
      uuid: '00112233-4455-6677-8899-aabbccddeeff',
      allowed: { commands: ['get_version', 'check_command', 'check_event'], events: [] },
      enabled: { vm: [], vcpus: { 0: [] } },
      tokens: 0,
      pendingEvents: 0,
    });
    expect([x86.tool('get_version').ret, x86.tool('get_guest_info').errno]).toEqual([0, 'EPERM']);
  });
});

describe('KVM_INTROSPECTION_UNHOOK', () => {
  it.each<[row: string, x86: () => X86, expected: string | number]>([
    ['module parameter off', () => new X86(OFF), 'EPERM'],
    ['not hooked', () => new X86(), 0],
    ['hooked', () => new X86().hook(), 0],
  ])('%s', (_row, x86, expected) => {
    const vm = x86();
    expect(vm.answer(unhook)).toBe(expected);
    expect(vm.vm.regions.introspection).toBe('unhooked');
  });

  it('drops tokens, undoes interceptions, forgets what was asked for; the numbers of events go on', () => {
    const x86 = new X86().hook('cr', 'breakpoint');
    x86.token(1);
    x86.tool('control_cr', { vcpu: 0, cr: 3, enable: 1 });
    x86.tool('set_page_access', { entries: [{ gpa: 0x5000, access: [] }] });
    x86.tool('pause_vcpu', { vcpu: 0 });
    x86.tool('inject_exception', { vcpu: 0, vector: 6 });
    x86.guest('int3');
    expect(x86.run(unhook)).toMatchObject({ reply: { resumed: { 0: { ret: 0, exception: { vector: 3 } } } } });
    expect(x86.vm.introspection).toEqual({ events: 1 });
    expect(x86.vcpu()).not.toHaveProperty('introspection');
    x86.hook('breakpoint');
    expect(x86.run({ type: 'run_vcpu', vcpu: 0 }).reply).toEqual({});
    expect(x86.guest('load', { gva: 0x5000, size: 1 }).reply).not.toHaveProperty('waiting');
    expect(x86.guest('int3').reply).toEqual({ waiting: 2 });
  });

  it('every vCPU that waits goes on as after CONTINUE, and registers that were to be set are not', () => {
    const x86 = new X86({ vcpus: 3 }).hook('hypercall', 'breakpoint');
    x86.call(34, [], { registers: { rdi: 24, rsi: 0 } }, 1);
    x86.guest('int3', {}, 2);
    x86.tool('set_registers', { vcpu: 1, registers: { rbp: 7 } });
    expect(x86.run(unhook).reply).toMatchObject({
      resumed: { 1: { ret: 0, result: 0 }, 2: { ret: 0, exception: { vector: 3 } } },
    });
    expect(x86.vcpu(1)).toMatchObject({ registers: { rax: 0n, rbp: 0n, rip: 0x1003n } });
    for (const id of [0, 1, 2]) expect(x86.vcpu(id)).not.toHaveProperty('waiting');
  });
});

describe('KVM_INTROSPECTION_PREUNHOOK', () => {
  it.each<[row: string, prepare: (x86: X86) => void, expected: string | number]>([
    ['not hooked', () => undefined, 'EFAULT'],
    ['not allowed, not enabled', (x86) => x86.run(hook()), 'ENOENT'],
    ['not enabled', (x86) => x86.hook(), 'ENOENT'],
    [
      'enabled, and not allowed any more',
      (x86) => {
        x86.hook().tool('control_vm_events', { event: 'unhook', enable: 1 });
        x86.run(allow({ event: 'unhook', allow: 0 }));
      },
      'ENOENT',
    ],
    ['enabled', (x86) => x86.hook().tool('control_vm_events', { event: 'unhook', enable: 1 }), 0],
  ])('%s', (_row, prepare, expected) => {
    const x86 = new X86();
    prepare(x86);
    expect(x86.answer(preunhook)).toBe(expected);
  });

  it('the event stays listed until the channel closes, and takes no reply', () => {
    const x86 = new X86().hook();
    x86.tool('control_vm_events', { event: 'unhook', enable: 1 });
    x86.run(preunhook);
    x86.run(preunhook);
    expect(pendingEvents(x86.vm)).toEqual([
      { seq: 1, event: 'unhook' },
      { seq: 2, event: 'unhook' },
    ]);
    expect(x86.reply(1, 'continue').errno).toBe('ENOENT');
    x86.run(unhook);
    expect(pendingEvents(x86.vm)).toEqual([]);
  });
});

describe('KVM_INTROSPECTION_COMMAND and _EVENT: errors in order', () => {
  it.each<[row: string, x86: () => X86, input: object, expected: string | number]>([
    ['module parameter off', () => new X86(OFF), { command: 'nonsense', allow: 2 }, 'EPERM'],
    ['module parameter off, event', () => new X86(OFF), { event: 'nonsense' }, 'EPERM'],
    ['unknown command', () => new X86(), { command: 'nonsense' }, 'EINVAL'],
    ['unknown command by number', () => new X86(), { command: 12 }, 'EINVAL'],
    ['unknown event', () => new X86(), { event: 'create_vcpu' }, 'EINVAL'],
    ['allow above 1, not hooked', () => new X86(), { command: 'all', allow: 2 }, 'EINVAL'],
    ['allow above 1, event', () => new X86().hook(), { event: 'cr', allow: 2 }, 'EINVAL'],
    ['not hooked', () => new X86(), { command: 'get_version', allow: 0 }, 'EFAULT'],
    ['not hooked, event', () => new X86(), { event: 'all' }, 'EFAULT'],
    ['get_version alone disallowed', () => new X86().hook(), { command: 'get_version', allow: 0 }, 'EPERM'],
    ['check_command alone disallowed', () => new X86().hook(), { command: 'check_command', allow: 0 }, 'EPERM'],
    ['check_event alone disallowed', () => new X86().hook(), { command: 'check_event', allow: 0 }, 'EPERM'],
    ['check_event allowed', () => new X86().hook(), { command: 'check_event', allow: 1 }, 0],
    ['all disallowed', () => new X86().hook(), { command: 'all', allow: 0 }, 0],
    ['an event disallowed', () => new X86().hook(), { event: 'cr', allow: 0 }, 0],
  ])('%s', (_row, x86, input, expected) => {
    expect(x86().answer(allow(input))).toBe(expected);
  });

  it('disallowing all keeps the three, silently', () => {
    const x86 = new X86().hook();
    x86.run(allow({ command: 'all', allow: 0 }));
    expect(introspectionView(x86.vm, 0).allowed.commands).toEqual(['get_version', 'check_command', 'check_event']);
    x86.run(allow({ command: 'get_cpuid' }));
    expect(introspectionView(x86.vm, 0).allowed.commands).toContain('get_cpuid');
    x86.run(allow({ command: 'get_cpuid', allow: 0 }));
    expect(introspectionView(x86.vm, 0).allowed.commands).toHaveLength(3);
  });

  it('an event that is disallowed again is not told', () => {
    const x86 = new X86().hook('breakpoint');
    x86.run(allow({ event: 'breakpoint', allow: 0 }));
    expect(x86.guest('int3').reply).toMatchObject({ exception: { vector: 3 } });
  });
});
