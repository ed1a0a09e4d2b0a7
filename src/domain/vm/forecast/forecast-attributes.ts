import { CAPABILITIES } from '../../s390x/model/capabilities.js';
import type { AttributeEvent } from '../law/law-attributes.js';

type Best = () => AttributeEvent;

const plain =
  (type: Exclude<AttributeEvent['type'], 'set_tod' | 'get_tod' | 'enable_cap'>): Best =>
  () => ({ type });

const NO_CHANGE = { epdx: 0, epoch: 0n };

type EnableKey = `enable_cap/${string}`;

const enabling = CAPABILITIES.filter(({ enabling: how }) => how !== undefined).map(({ name }): [EnableKey, Best] => [
  `enable_cap/${name}`,
  () => ({ type: 'enable_cap', capability: name, flags: 0, fact: { capability: name, facilities: [] } }),
]);

/** What is asked for a forecast of each attribute and capability, with the arguments that have the best chance. */
export const ATTRIBUTE_COMMANDS = {
  'cpu_model/processor': plain('set_cpu_processor'),
  'cpu_model/processor_feat': plain('set_cpu_feat'),
  'cpu_model/processor_subfunc': plain('set_cpu_subfunc'),
  'cpu_model/processor_uv_feat_guest': plain('set_cpu_uv_feat_guest'),
  'get/cpu_model/processor_subfunc': plain('get_cpu_subfunc'),
  tod: (): AttributeEvent => ({ type: 'set_tod', flags: 0, fact: NO_CHANGE }),
  'get/tod': (): AttributeEvent => ({ type: 'get_tod', flags: 0 }),
  'crypto/key_wrapping': plain('set_key_wrapping'),
  'crypto/apie': plain('set_ap_interpretation'),
  cpu_topology: plain('set_cpu_topology'),
  'get/cpu_topology': plain('get_cpu_topology'),
  ...(Object.fromEntries(enabling) as Readonly<Record<EnableKey, Best>>),
} as const;
