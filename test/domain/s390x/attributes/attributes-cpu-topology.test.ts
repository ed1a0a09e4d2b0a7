import { Machine, type MachineOptions } from '../../support/machine.js';

const kinds: readonly [what: string, options: MachineOptions][] = [
  ['by the documents', {}],
  ['by the code', { semantics: 'kernel' }],
  ['UCONTROL', { vmType: 'ucontrol' }],
];
const enabled = (options: MachineOptions): Machine => {
  const made = new Machine(options);
  expect(made.answer({ type: 'enable_cap', cap: 's390_cpu_topology' })).toBe(0);
  return made;
};
const read = (made: Machine, attr: string | number = 0) => made.get('cpu_topology', attr).reply['value'];
const ATTRS = [0, 1, 7, '0', '0xffffffffffffffff'];

describe.each(kinds)('7. CPU_TOPOLOGY, %s', (_kind, options) => {
  it.each([...ATTRS, 'zero'])('%s: ENXIO throughout without the facility, though the host has it', (attr) => {
    const made = new Machine(options);
    made.vcpu(0);
    const answers = [made.set('cpu_topology', attr), made.get('cpu_topology', attr).errno, made.has(5, attr)];
    expect(answers).toEqual(['ENXIO', 'ENXIO', 'ENXIO']);
  });

  it.each(ATTRS)("%s: the attribute's number is the value, and GET answers it whatever the number", (attr) => {
    const made = enabled(options);
    expect([made.set('cpu_topology', attr), made.has('cpu_topology', attr)]).toEqual([0, 0]);
    const expected = Number(attr) === 0 ? 0n : 1n;
    expect(ATTRS.map((each) => read(made, each))).toEqual(ATTRS.map(() => expected));
  });

  it('does not look at a payload', () => {
    expect(enabled(options).set('cpu_topology', 1, { some: 'thing' })).toBe(0);
  });

  it.each([
    [2, 0n],
    [3, 1n],
  ])('is set by a vCPU whose number is in use, which is built and destroyed, from rules 3 on: %s', (rules, pending) => {
    const made = enabled({ ...options, rules });
    made.vcpu(0);
    made.set('cpu_topology', 0);
    for (const id of [255, 0xffffffff]) expect(made.vcpu(id)).toBe('EINVAL');
    expect(read(made)).toBe(0n);
    expect(made.vcpu(0)).toBe('EEXIST');
    expect(read(made)).toBe(pending);
    expect(made.run({ type: 'create_vcpu', id: 0 }).events).toEqual([]);
  });

  it('is set by every vCPU that is created, protected or not', () => {
    const made = enabled(options);
    expect(read(made)).toBe(0n);
    made.vcpu(0);
    expect(read(made)).toBe(1n);
    made.set('cpu_topology', 0);
    expect(read(made)).toBe(0n);
    made.fold({ type: 'protection_enabled' });
    expect(read(made)).toBe(0n);
    made.vcpu(1);
    expect(read(made)).toBe(1n);
  });

  it('is set without the facility too', () => {
    const made = new Machine(options);
    made.vcpu(0);
    made.fold({ type: 'capability_enabled', capability: 's390_cpu_topology', facilities: [11] });
    expect(read(made)).toBe(1n);
  });

  it('a name that is not a number is ENXIO', () => {
    expect(enabled(options).set('cpu_topology', 'zero')).toBe('ENXIO');
  });
});
