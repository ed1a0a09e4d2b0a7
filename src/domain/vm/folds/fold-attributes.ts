import { ascending } from '../../shapes/bitmap.js';
import type { CpuModel } from '../../s390x/model/cpu-model.js';
import type { S390xVcpu } from '../../s390x/vcpu/vcpu.js';
import { type Folds, eachVcpu, withCapability } from './fold.js';
import type { S390xVm } from '../state.js';

const model =
  (changes: CpuModel) =>
  (vm: S390xVm): S390xVm => ({ ...vm, cpuModel: { ...vm.cpuModel, ...changes } });

/** Facilities of a capability come into the mask, and into the list that a PROCESSOR payload left. */
function withFacilities(vm: S390xVm, facilities: readonly number[]): S390xVm {
  if (facilities.length === 0) return vm;
  const { capFacilities = [], facList } = vm.cpuModel ?? {};
  return model({
    capFacilities: ascending([...capFacilities, ...facilities]),
    ...(facList && { facList: ascending([...facList, ...facilities]) }),
  })(vm);
}

/** Facts about CPU model, clock, crypto controls, topology and capabilities. */
export const attributeFolds: Folds<
  | 'cpu_processor_set'
  | 'cpu_feat_set'
  | 'cpu_subfunc_set'
  | 'cpu_uv_feat_guest_set'
  | 'tod_set'
  | 'key_wrapping_set'
  | 'ap_interpretation_set'
  | 'topology_change_set'
  | 'capability_enabled'
> = {
  cpu_processor_set: (vm, { cpuid, ibc, facilities }) => model({ cpuid, ibc, facList: facilities })(vm),
  cpu_feat_set: (vm, { feat }) => model({ feat })(vm),
  cpu_subfunc_set: (vm, { subfunc }) => model({ subfunc })(vm),
  cpu_uv_feat_guest_set: (vm, { value }) => model({ uvFeatGuest: value })(vm),
  tod_set: (vm, { epdx, epoch }) =>
    eachVcpu({ ...vm, todOffset: { epdx, epoch } }, (vcpu) => ({
      ...vcpu,
      registers: { ...vcpu.registers, epochdiff: epoch },
    })),
  key_wrapping_set: (vm, { algorithm, enabled, fingerprint }) => ({
    ...vm,
    crypto: { ...vm.crypto, [algorithm]: { enabled, ...(fingerprint !== undefined && { fingerprint }) } },
  }),
  ap_interpretation_set: (vm, { enabled }) => ({ ...vm, crypto: { ...vm.crypto, apie: enabled } }),
  topology_change_set: (vm, { pending }) => ({ ...vm, topologyChange: pending }),
  capability_enabled: (vm, { capability, facilities }) => withCapability(withFacilities(vm, facilities), capability),
};

/** A new vCPU with what it takes over from the VM: its clock. */
export const withVmClock = ({ todOffset }: S390xVm, vcpu: S390xVcpu): S390xVcpu =>
  todOffset ? { ...vcpu, registers: { ...vcpu.registers, epochdiff: todOffset.epoch } } : vcpu;

/** The VM whose guest is to be told that its topology changed, as every creation of a vCPU makes it. */
export const withNewTopology = ({ topologyChange: _, ...vm }: S390xVm): S390xVm => vm;
