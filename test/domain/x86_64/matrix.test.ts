import { X86_MATRIX_HEAD, x86Matrix } from '../../../src/domain/vm/documents/matrix-x86.js';

describe('the matrix of an x86_64 VM', () => {
  it.each([
    ['write_memory', 'new', 'EFAULT'],
    ['translate2', 'memory', 'ENOENT'],
    ['translate2', 'memory, vCPU', 'accepted'],
    ['translate2', 'hooked, vCPU that waits', 'EBUSY'],
    ['hypercall', 'memory, vCPU not started', 'EAGAIN'],
    ['introspection/hook', 'host without introspection', 'EPERM'],
    ['introspection/hook', 'new', 'accepted'],
    ['introspection/hook', 'hooked', 'EEXIST'],
    ['introspection/preunhook', 'hooked', 'ENOENT'],
    ['introspection/preunhook', 'hooked, told of unhook', 'accepted'],
    ['introspection/commands', 'memory', 'EFAULT'],
    ['introspection/reply', 'hooked', 'ENOENT'],
    ['introspection/reply', 'hooked, vCPU that waits', 'accepted'],
    ['create_vcpu', 'destroyed', 'ENOENT'],
  ])('%s, %s: %s', (name, configuration, expected) => {
    const row = x86Matrix('documented').find((each) => each.command === name);
    expect(row?.answers[X86_MATRIX_HEAD.indexOf(configuration)]).toBe(expected);
  });

  it('tells configurations apart', () => {
    const columns = X86_MATRIX_HEAD.map((_, i) =>
      x86Matrix('documented')
        .map(({ answers }) => answers[i])
        .join(),
    );
    expect(new Set(columns).size).toBe(X86_MATRIX_HEAD.length);
  });
});
