import { attributeList } from '../../../../src/domain/vm/attribute-list.js';
import { Machine, type MachineOptions } from '../../support/machine.js';

type Answers = readonly [set: unknown, get: unknown, has: unknown];

const answers = (group: string | number, attr: string | number, options: MachineOptions = {}): Answers => {
  const made = new Machine(options);
  const { errno, ret } = made.get(group, attr);
  return [new Machine(options).set(group, attr), errno ?? ret, made.has(group, attr)];
};

const noCmma = { host: { cmma: false } };

describe('a device attribute of the VM: SET with an empty payload, GET and HAS of a new VM', () => {
  it.each<[number: string, group: string, attr: string, expected: Answers]>([
    ['0.0', 'mem_ctrl', 'enable_cmma', [0, 'ENXIO', 0]],
    ['0.1', 'mem_ctrl', 'clr_cmma', ['EINVAL', 'ENXIO', 0]],
    ['0.2', 'mem_ctrl', 'limit_size', ['EFAULT', 0, 0]],
    ['1.0', 'tod', 'low', ['EFAULT', 0, 0]],
    ['1.1', 'tod', 'high', ['EFAULT', 0, 0]],
    ['1.2', 'tod', 'ext', ['EFAULT', 0, 0]],
    ['2.0', 'crypto', 'enable_aes_kw', [0, 'ENXIO', 0]],
    ['2.1', 'crypto', 'enable_dea_kw', [0, 'ENXIO', 0]],
    ['2.2', 'crypto', 'disable_aes_kw', [0, 'ENXIO', 0]],
    ['2.3', 'crypto', 'disable_dea_kw', [0, 'ENXIO', 0]],
    ['2.4', 'crypto', 'enable_apie', ['EOPNOTSUPP', 'ENXIO', 'ENXIO']],
    ['2.5', 'crypto', 'disable_apie', ['EOPNOTSUPP', 'ENXIO', 'ENXIO']],
    ['3.0', 'cpu_model', 'processor', ['EFAULT', 0, 0]],
    ['3.1', 'cpu_model', 'machine', ['ENXIO', 0, 0]],
    ['3.2', 'cpu_model', 'processor_feat', ['EFAULT', 0, 0]],
    ['3.3', 'cpu_model', 'machine_feat', ['ENXIO', 0, 0]],
    ['3.4', 'cpu_model', 'processor_subfunc', ['EFAULT', 'EINVAL', 0]],
    ['3.5', 'cpu_model', 'machine_subfunc', ['ENXIO', 0, 0]],
    ['3.6', 'cpu_model', 'processor_uv_feat_guest', ['EFAULT', 0, 0]],
    ['3.7', 'cpu_model', 'machine_uv_feat_guest', ['ENXIO', 0, 0]],
    ['4.0', 'migration', 'stop', [0, 'ENXIO', 0]],
    ['4.1', 'migration', 'start', ['EINVAL', 'ENXIO', 0]],
    ['4.2', 'migration', 'status', ['ENXIO', 0, 0]],
  ])('%s %s/%s', (number, group, attr, expected) => {
    const [groupNumber, attrNumber] = number.split('.').map(Number) as [number, number];
    expect(answers(group, attr)).toEqual(expected);
    expect(answers(groupNumber, attrNumber)).toEqual(expected);
    expect(answers(group, attrNumber)).toEqual(expected);
    expect(answers(groupNumber, attr)).toEqual(expected);
  });

  it.each<[what: string, group: string | number, attr: string | number, expected: Answers]>([
    ['a group number that there is not', 9, 0, ['ENXIO', 'ENXIO', 'ENXIO']],
    ['a group name that there is not', 'smccc_ctrl', 'smccc_filter', ['ENXIO', 'ENXIO', 'ENXIO']],
    ['an attribute number that MEM_CTRL has not', 0, 3, ['ENXIO', 'ENXIO', 'ENXIO']],
    ['an attribute name that MEM_CTRL has not', 'mem_ctrl', 'start', ['ENXIO', 'ENXIO', 'ENXIO']],
    ['an attribute number that MIGRATION has not: HAS is 0', 4, 3, ['ENXIO', 'ENXIO', 0]],
    ['the same by the name of the group', 'migration', 2 ** 40, ['ENXIO', 'ENXIO', 0]],
    ['an attribute name that MIGRATION has not', 'migration', 'pause', ['ENXIO', 'ENXIO', 'ENXIO']],
  ])('%s', (_what, group, attr, expected) => {
    expect(answers(group, attr)).toEqual(expected);
  });

  it('does not look at flags', () => {
    const flags = { flags: 0xffffffff };
    const made = new Machine();
    expect(made.answer({ type: 'set_device_attr', group: 0, attr: 0, ...flags })).toBe(0);
    expect(made.answer({ type: 'get_device_attr', group: 0, attr: 2, ...flags })).toBe(0);
    expect(made.answer({ type: 'has_device_attr', group: 4, attr: 9, ...flags })).toBe(0);
  });

  it.each<[attr: string, payload: object, field: string]>([
    ['limit_size', { value: -1 }, 'value'],
    ['limit_size', { value: 'much' }, 'value'],
    ['limit_size', { value: '0x10000000000000000' }, 'value'],
    ['limit_size', { value: null }, 'value'],
    ['limit_size', { value: 1, unit: 'MiB' }, 'unit'],
    ['limit_size', { size: 1 }, 'value'],
    ['enable_cmma', { value: 1 }, 'value'],
  ])('%s with %j is not well formed', (attr, payload, field) => {
    const made = new Machine();
    const { malformed, events } = made.run({ type: 'set_device_attr', group: 'mem_ctrl', attr, payload });
    expect([malformed?.field, events]).toEqual([field, []]);
    expect(malformed?.message).toBeTruthy();
  });

  it('is ENXIO before a payload is looked at', () => {
    const made = new Machine();
    for (const [group, attr] of [
      ['migration', 'status'],
      ['migration', 'pause'],
      ['nothing', 'limit_size'],
    ]) {
      const decision = made.run({ type: 'set_device_attr', group, attr, payload: { some: 'thing' } });
      expect(decision).toMatchObject({ errno: 'ENXIO', events: [] });
      expect(decision.malformed).toBeUndefined();
    }
  });

  it('answers nothing but its fields', () => {
    const made = new Machine();
    expect(made.run({ type: 'has_device_attr', group: 0, attr: 0 }).reply).toEqual({});
    expect(made.run({ type: 'set_device_attr', group: 0, attr: 0 }).reply).toEqual({});
    expect(Object.keys(made.get(0, 2).reply)).toEqual(['value']);
  });
});

describe('the list of attributes', () => {
  it.each<[MachineOptions]>([
    [{}],
    [noCmma],
    [{ vmType: 'ucontrol' }],
    [{ semantics: 'kernel' }],
    [{ host: { apInstructions: true } }],
  ])('is what HAS answers on %j', (options) => {
    const made = new Machine(options);
    const list = attributeList(made.vm);
    expect(list.map(({ group, attribute }) => `${group}/${attribute}`)).toEqual([
      'mem_ctrl/enable_cmma',
      'mem_ctrl/clr_cmma',
      'mem_ctrl/limit_size',
      'tod/low',
      'tod/high',
      'tod/ext',
      'crypto/enable_aes_kw',
      'crypto/enable_dea_kw',
      'crypto/disable_aes_kw',
      'crypto/disable_dea_kw',
      'crypto/enable_apie',
      'crypto/disable_apie',
      'cpu_model/processor',
      'cpu_model/machine',
      'cpu_model/processor_feat',
      'cpu_model/machine_feat',
      'cpu_model/processor_subfunc',
      'cpu_model/machine_subfunc',
      'cpu_model/processor_uv_feat_guest',
      'cpu_model/machine_uv_feat_guest',
      'migration/stop',
      'migration/start',
      'migration/status',
      'cpu_topology/0',
      'cpu_topology/1',
    ]);
    for (const { group, attribute, groupNumber, attributeNumber, ret, errno } of list) {
      expect(errno ?? ret).toBe(made.has(group, attribute));
      expect(errno ?? ret).toBe(made.has(groupNumber, Number(attributeNumber)));
    }
  });

  it('has the return value of a refusal', () => {
    expect(attributeList(new Machine(noCmma).vm)[0]).toEqual({
      group: 'mem_ctrl',
      attribute: 'enable_cmma',
      groupNumber: 0,
      attributeNumber: 0n,
      ret: -6,
      errno: 'ENXIO',
    });
  });
});
