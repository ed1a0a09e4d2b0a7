import { CAPABILITIES } from '../../aarch64/capabilities.js';
import { firmwareOf } from '../../aarch64/firmware.js';
import { RESERVED } from '../../aarch64/smccc-filter.js';
import { addressOf } from '../../memory/address.js';
import { COMMON_COMMANDS, bestVcpu } from './forecast-common.js';
import type { Aarch64LawEvent } from '../law/law-aarch64.js';
import type { Aarch64Vm } from '../state.js';

type Best = (vm: Aarch64Vm) => Aarch64LawEvent;

const onVcpu =
  (type: 'get_mp_state' | 'vcpu_attr'): Best =>
  (vm) => ({ type, vcpu: bestVcpu(vm) });

/** A range of one id that the filter has no action for, if there is one. */
function freeRange({ smcccFilter = [] }: Aarch64Vm) {
  const taken = [...RESERVED, ...smcccFilter].sort((a, b) => a.first - b.first);
  const base = taken.reduce((id, { first, last }) => (id < first ? id : last + 1), 0);
  return { base: Math.min(base, 0xffff_ffff), nrFunctions: 1, action: 'deny' } as const;
}

const enabling = CAPABILITIES.filter((capability) => capability.enabling !== undefined).map(
  ({ name }): [`enable_cap/${string}`, Best] => [
    `enable_cap/${name}`,
    () => ({ type: 'enable_cap', flags: 0, args: [], capability: name, fact: { capability: name, facilities: [] } }),
  ],
);

/** Every command that an aarch64 VM knows, with the arguments that have the best chance. */
export const AARCH64_COMMANDS = {
  ...COMMON_COMMANDS,
  'set_registers/firmware': (vm) => ({
    type: 'set_firmware',
    vcpu: bestVcpu(vm),
    firmware: { std: firmwareOf(vm.firmware, vm.host).std ^ 1n },
  }),
  get_mp_state: onVcpu('get_mp_state'),
  set_mp_state: (vm) => {
    const vcpu = bestVcpu(vm);
    return { type: 'set_mp_state', vcpu, fact: { vcpu, mpState: 'stopped' } };
  },
  run_vcpu: (vm) => ({ type: 'run_vcpu', vcpu: bestVcpu(vm), immediateExit: false }),
  smccc: (vm) => ({ type: 'smccc', vcpu: bestVcpu(vm, ({ mpState }) => mpState === 'runnable') }),
  'smccc_ctrl/smccc_filter': (vm) => {
    const range = freeRange(vm);
    return { type: 'set_smccc_filter', request: range, fact: range };
  },
  get_device_attr: () => ({ type: 'get_device_attr' }),
  has_device_attr: () => ({ type: 'has_device_attr' }),
  'vcpu/pvtime_ctrl/ipa': (vm) => {
    const vcpu = bestVcpu(vm, ({ stolenTime }) => stolenTime === undefined);
    return { type: 'place_stolen_time', vcpu, fact: { vcpu, ipa: addressOf(vm.memory.slots[0]?.firstFrame ?? 0) } };
  },
  get_vcpu_attr: onVcpu('vcpu_attr'),
  has_vcpu_attr: onVcpu('vcpu_attr'),
  ...(Object.fromEntries(enabling) as Readonly<Record<`enable_cap/${string}`, Best>>),
} as const satisfies Readonly<Record<string, Best>>;
