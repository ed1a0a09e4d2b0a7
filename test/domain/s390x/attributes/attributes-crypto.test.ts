import { Machine, type MachineOptions } from '../../support/machine.js';

const KEY = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const set = (made: Machine, attr: string | number, wrappingKey?: string) =>
  made.answer({ type: 'set_device_attr', group: 'crypto', attr, ...(wrappingKey && { wrappingKey }) });

const BARE = { facilities: [8] };
const kinds: readonly [what: string, options: MachineOptions, wrapping: unknown, apie: unknown][] = [
  ['by the documents', {}, 0, 'EOPNOTSUPP'],
  ['by the code', { semantics: 'kernel' }, 0, 'EOPNOTSUPP'],
  ['without facility 76, by the documents', { host: BARE }, 0, 'EOPNOTSUPP'],
  ['without facility 76, by the code', { semantics: 'kernel', host: BARE }, 'EINVAL', 'EOPNOTSUPP'],
  [
    'UCONTROL without facility 76, by the code',
    { vmType: 'ucontrol', semantics: 'kernel', host: BARE },
    'EINVAL',
    'EOPNOTSUPP',
  ],
  ['with AP instructions', { host: { apInstructions: true } }, 0, 0],
];
const states: readonly [what: string, prepare: (made: Machine) => Machine][] = [
  ['a new VM', (made) => made],
  ['a VM with a vCPU', (made) => (made.vcpu(0), made)],
  ['a protected VM', (made) => (made.vcpu(0), made.fold({ type: 'protection_enabled' }))],
];

describe.each(kinds)('5. CRYPTO, %s', (_kind, options, wrapping, apie) => {
  describe.each(states)('%s', (_state, prepare) => {
    it.each<[number: number, name: string, expected: unknown, has: unknown]>([
      [0, 'enable_aes_kw', wrapping, 0],
      [1, 'enable_dea_kw', wrapping, 0],
      [2, 'disable_aes_kw', wrapping, 0],
      [3, 'disable_dea_kw', wrapping, 0],
      [4, 'enable_apie', apie, apie === 0 ? 0 : 'ENXIO'],
      [5, 'disable_apie', apie, apie === 0 ? 0 : 'ENXIO'],
      [6, 'other', 'ENXIO', 'ENXIO'],
    ])('%i %s', (number, name, expected, has) => {
      for (const attr of [number, name]) {
        const made = prepare(new Machine(options));
        expect(set(made, attr, KEY)).toBe(expected);
        expect(made.get('crypto', attr).errno).toBe('ENXIO');
        expect(made.has('crypto', attr)).toBe(has);
      }
    });
  });
});

describe('key wrapping', () => {
  it('has a new key at every call, and none when it is off; each algorithm for itself', () => {
    const made = new Machine();
    expect(made.vm.crypto).toBeUndefined();
    set(made, 'enable_aes_kw', KEY);
    set(made, 'enable_aes_kw', OTHER);
    set(made, 'enable_dea_kw', KEY);
    expect(made.vm.crypto).toEqual({
      aes: { enabled: true, fingerprint: OTHER },
      dea: { enabled: true, fingerprint: KEY },
    });
    set(made, 'disable_aes_kw', KEY);
    expect(made.vm.crypto).toEqual({ aes: { enabled: false }, dea: { enabled: true, fingerprint: KEY } });
  });

  it('has no effect without facility 76', () => {
    for (const semantics of ['documented', 'kernel'] as const) {
      const made = new Machine({ semantics, host: BARE });
      set(made, 'enable_aes_kw', KEY);
      expect(made.vm.crypto).toBeUndefined();
    }
  });

  it('goes with the facility of the CPU model', () => {
    const made = new Machine({ semantics: 'kernel' });
    made.set('cpu_model', 'processor', { cpuid: 0, ibc: 0, facList: [8] });
    expect(set(made, 'enable_aes_kw', KEY)).toBe('EINVAL');
  });
});

describe('interpretation of AP instructions', () => {
  it('goes on and off', () => {
    const made = new Machine({ host: { apInstructions: true } });
    set(made, 'enable_apie');
    expect(made.vm.crypto?.apie).toBe(true);
    set(made, 'disable_apie');
    expect(made.vm.crypto?.apie).toBe(false);
  });
});
