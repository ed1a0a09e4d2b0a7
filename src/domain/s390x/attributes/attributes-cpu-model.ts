import { z } from 'zod';
import { bitmap, bitmapView } from '../../shapes/bitmap.js';
import { FAC_LIST_SIZE, FEAT_SIZE, subfunc, subfuncView } from '../../shapes/cpu-model.js';
import { u16, u32, u64 } from '../../shapes/scalars.js';
import { done } from '../../vm/decision.js';
import type { Wrong } from '../../vm/law/law-attributes.js';
import { type AttributeGroup, attribute, lawful } from '../../vm/attribute.js';
import { cpuidOf, guestIbc, guestSubfunc, ibcWanted } from '../model/cpu-model.js';
import { facList, facMask } from '../model/facilities.js';
import { featOf, machineOf, subfuncOf, uvFeatOf } from '../model/machine.js';

const facilities = bitmap(FAC_LIST_SIZE);
const features = z.strictObject({ feat: bitmap(FEAT_SIZE) });
const blocks = z.strictObject({ subfunc });
const uvFeatures = z.strictObject({ value: u64 });

const facView = (bits: readonly number[]) => bitmapView(bits, FAC_LIST_SIZE);
const featView = (bits: readonly number[]) => ({ feat: bitmapView(bits, FEAT_SIZE) });

/** What is wrong with a payload that must lie within what the machine has. */
function wrongWith<Payload>(payload: Payload | undefined, within: (payload: Payload) => boolean): Wrong | undefined {
  if (payload === undefined) return 'unreadable';
  return within(payload) ? undefined : 'unacceptable';
}

const there = () => undefined;

/** KVM_S390_VM_CPU_MODEL (devices/vm.rst 2; kvm_s390_set_cpu_model, kvm_s390_get_cpu_model). */
export const cpuModel: AttributeGroup = {
  name: 'cpu_model',
  number: 3,
  hasEveryNumber: false,
  attributes: [
    attribute({
      name: 'processor',
      number: 0n,
      payload: z.strictObject({ cpuid: u64, ibc: u16, facList: facilities }),
      set: (vm, payload) =>
        lawful(
          vm,
          payload
            ? {
                type: 'set_cpu_processor',
                fact: { cpuid: payload.cpuid, ibc: ibcWanted(vm, payload.ibc), facilities: payload.facList },
              }
            : { type: 'set_cpu_processor', wrong: 'unreadable' },
        ),
      get: (vm) => done([], { cpuid: cpuidOf(vm), ibc: guestIbc(vm), facList: facView(facList(vm)) }),
      has: there,
    }),
    attribute({
      name: 'machine',
      number: 1n,
      payload: z.strictObject({ cpuid: u64, ibc: u32, facMask: facilities, facList: facilities }),
      get: (vm) => {
        const { cpuid, ibc, facilities: host } = machineOf(vm.host);
        return done([], { cpuid, ibc, facMask: facView(facMask(vm)), facList: facView(host) });
      },
      has: there,
    }),
    attribute({
      name: 'processor_feat',
      number: 2n,
      payload: features,
      set: (vm, payload) => {
        const offered = new Set(featOf(vm.host));
        const wrong = wrongWith(payload, ({ feat }) => feat.every((bit) => offered.has(bit)));
        return lawful(vm, { type: 'set_cpu_feat', wrong, fact: payload });
      },
      get: (vm) => done([], featView(vm.cpuModel?.feat ?? [])),
      has: there,
    }),
    attribute({
      name: 'machine_feat',
      number: 3n,
      payload: features,
      get: ({ host }) => done([], featView(featOf(host))),
      has: there,
    }),
    attribute({
      name: 'processor_subfunc',
      number: 4n,
      payload: blocks,
      set: (vm, payload) =>
        lawful(vm, { type: 'set_cpu_subfunc', wrong: wrongWith(payload, () => true), fact: payload }),
      get: (vm) => lawful(vm, { type: 'get_cpu_subfunc' }, { subfunc: subfuncView(guestSubfunc(vm)) }),
      has: there,
    }),
    attribute({
      name: 'machine_subfunc',
      number: 5n,
      payload: blocks,
      get: ({ host }) => done([], { subfunc: subfuncView(subfuncOf(host)) }),
      has: there,
    }),
    attribute({
      name: 'processor_uv_feat_guest',
      number: 6n,
      payload: uvFeatures,
      set: (vm, payload) => {
        const wrong = wrongWith(payload, ({ value }) => (value & ~uvFeatOf(vm.host)) === 0n);
        return lawful(vm, { type: 'set_cpu_uv_feat_guest', wrong, fact: payload });
      },
      get: (vm) => done([], { value: vm.cpuModel?.uvFeatGuest ?? 0n }),
      has: there,
    }),
    attribute({
      name: 'machine_uv_feat_guest',
      number: 7n,
      payload: uvFeatures,
      get: ({ host }) => done([], { value: uvFeatOf(host) }),
      has: there,
    }),
  ],
};
