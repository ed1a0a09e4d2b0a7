import fc from 'fast-check';
import { CAPABILITIES } from '../../../src/domain/s390x/model/capabilities.js';
import type { AttributeEvent } from '../../../src/domain/vm/law/law-attributes.js';
import { machineOf } from '../../../src/domain/s390x/model/machine.js';
import { s390xHost } from '../../../src/domain/shapes/host.js';

const set = (group: string, attr: string | number, payload: object = {}) => ({
  type: 'set_device_attr',
  group,
  attr,
  payload,
});
const get = (group: string, attr: string | number) => ({ type: 'get_device_attr', group, attr });

const FINGERPRINT = 'ab'.repeat(32);

const enableable = CAPABILITIES.flatMap(({ name, enabling }) => (enabling ? [name] : []));

type EnableKey = `enable_cap/${string}`;

/** An ordinary command for each that is forecast. */
export const ordinaryAttributes = {
  'cpu_model/processor': () => set('cpu_model', 'processor', { cpuid: 0, ibc: 0, facList: [] }),
  'cpu_model/processor_feat': () => set('cpu_model', 'processor_feat', { feat: [] }),
  'cpu_model/processor_subfunc': () => set('cpu_model', 'processor_subfunc', { subfunc: {} }),
  'cpu_model/processor_uv_feat_guest': () => set('cpu_model', 'processor_uv_feat_guest', { value: 0 }),
  'get/cpu_model/processor_subfunc': () => get('cpu_model', 'processor_subfunc'),
  tod: () => set('tod', 'low', { value: 5 }),
  'get/tod': () => get('tod', 'ext'),
  'crypto/key_wrapping': () => set('crypto', 'enable_aes_kw'),
  'crypto/apie': () => set('crypto', 'enable_apie'),
  cpu_topology: () => set('cpu_topology', 1),
  'get/cpu_topology': () => get('cpu_topology', 1),
  ...(Object.fromEntries(
    enableable.map((name): [EnableKey, () => object] => [
      `enable_cap/${name}`,
      () => ({ type: 'enable_cap', cap: name }),
    ]),
  ) as Readonly<Record<EnableKey, () => object>>),
};

const tod = { type: 'set_tod', flags: 0, fact: { epdx: 1, epoch: 2n } } as const;
const enable = (capability: string, flags = 0): AttributeEvent => ({
  type: 'enable_cap',
  capability,
  flags,
  fact: { capability, facilities: [64] },
});

/** Questions to the law in every way that a guard tells apart, each with a fact in its written form. */
export const attributeLawEvents: readonly AttributeEvent[] = [
  ...([undefined, 'unreadable'] as const).flatMap((wrong): AttributeEvent[] => [
    { type: 'set_cpu_processor', wrong, fact: { cpuid: 1n, ibc: 0x21, facilities: [8, 76] } },
    { type: 'set_cpu_subfunc', wrong, fact: { subfunc: { km: 'f'.repeat(32) } } },
  ]),
  ...([undefined, 'unreadable', 'unacceptable'] as const).flatMap((wrong): AttributeEvent[] => [
    { type: 'set_cpu_feat', wrong, fact: { feat: [0] } },
    { type: 'set_cpu_uv_feat_guest', wrong, fact: { value: 0n } },
    { ...tod, wrong },
  ]),
  { ...tod, flags: 1 },
  { ...tod, wrong: 'unknown' },
  { type: 'set_tod', flags: 0 },
  { type: 'get_tod', flags: 0 },
  { type: 'get_tod', flags: 1 },
  { type: 'get_tod', flags: 0, wrong: 'unknown' },
  { type: 'get_cpu_subfunc' },
  { type: 'set_key_wrapping', fact: { algorithm: 'aes', enabled: true, fingerprint: FINGERPRINT } },
  { type: 'set_ap_interpretation', fact: { enabled: true } },
  { type: 'set_cpu_topology', fact: { pending: false } },
  { type: 'get_cpu_topology' },
  enable('s390_user_sigp'),
  enable('s390_user_sigp', 1),
  enable('s390_ris'),
  enable('s390_ri'),
  enable('s390_hpage_1m'),
];

const FACILITIES = machineOf(s390xHost.parse({})).facilities;

const attribute = fc.constantFrom<[string | number, string | number, object]>(
  ['cpu_model', 'processor', { cpuid: '0xff00000000000000', ibc: 0x30, facList: FACILITIES }],
  ['cpu_model', 'processor', { cpuid: 0, ibc: 0, facList: [8, 139] }],
  ['cpu_model', 'processor', {}],
  ['cpu_model', 'machine', {}],
  ['cpu_model', 'processor_feat', { feat: [0] }],
  ['cpu_model', 'processor_feat', { feat: '80' }],
  ['cpu_model', 'processor_feat', { feat: [9] }],
  ['cpu_model', 'machine_feat', {}],
  ['cpu_model', 'processor_subfunc', { subfunc: { km: 'ff', reserved: '01' } }],
  ['cpu_model', 'processor_subfunc', {}],
  [3, 5, {}],
  ['cpu_model', 'processor_uv_feat_guest', { value: '0x0800000000000000' }],
  ['cpu_model', 'machine_uv_feat_guest', {}],
  ['tod', 'low', { value: '0xfedcba9876543210' }],
  ['tod', 'low', {}],
  ['tod', 'high', { value: 0 }],
  ['tod', 'high', { value: 3 }],
  ['tod', 'ext', { epochIdx: 1, tod: 7 }],
  ['tod', 9, {}],
  ['crypto', 'enable_aes_kw', {}],
  ['crypto', 'enable_dea_kw', {}],
  ['crypto', 'disable_aes_kw', {}],
  ['crypto', 'enable_apie', {}],
  ['crypto', 6, {}],
  ['cpu_topology', 0, {}],
  ['cpu_topology', 7, {}],
);

const flags = fc.constantFrom(0, 0, 0, 1);
const hostTod = fc.record({ epochIdx: fc.integer({ min: 0, max: 255 }), tod: fc.integer({ min: 0 }) });
const hostTods = fc.option(hostTod, { nil: undefined });
const wrappingKey = fc.constantFrom(undefined, FINGERPRINT);

/** Commands about CPU model, clock, crypto controls, topology and capabilities. */
export const arbitraryAttributeCommand = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ attribute, flags, hostTod: hostTods, wrappingKey })
      .map(({ attribute: [group, attr, payload], ...facts }) => ({
        type: 'set_device_attr',
        group,
        attr,
        payload,
        ...facts,
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ attribute, flags, hostTod: hostTods })
      .map(({ attribute: [group, attr], ...facts }) => ({ type: 'get_device_attr', group, attr, ...facts })),
  },
  { weight: 1, arbitrary: attribute.map(([group, attr]) => ({ type: 'has_device_attr', group, attr })) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('enable_cap'),
      cap: fc.constantFrom(...enableable, 's390_psw', 9999),
      flags,
    }),
  },
);
