import { accept, record, refuse } from './chart-setup.js';

const noVcpuYet = refuse('EBUSY', 'vcpuCreated');
const readable = refuse('EFAULT', 'payloadUnreadable');
const acceptable = refuse('EINVAL', 'payloadUnacceptable');

/**
 * The order of checks of CPU model, clock, crypto controls, topology and KVM_ENABLE_CAP. PROCESSOR and SUBFUNC ask for vCPUs
 * before they look at the payload, FEAT and UV_FEAT_GUEST after (kvm_s390_set_cpu_model, kvm_s390_set_tod,
 * kvm_s390_vm_set_crypto, kvm_s390_set_topo_change_indication, kvm_vm_ioctl_enable_cap).
 */
export const attributeArrows = {
  set_cpu_processor: [noVcpuYet, readable, record('cpu_processor_set')],
  set_cpu_feat: [readable, acceptable, noVcpuYet, record('cpu_feat_set')],
  set_cpu_subfunc: [noVcpuYet, readable, record('cpu_subfunc_set')],
  set_cpu_uv_feat_guest: [readable, acceptable, noVcpuYet, record('cpu_uv_feat_guest_set')],
  get_cpu_subfunc: [refuse('EINVAL', 'subfuncUnwritten', 'writeBeforeRead'), accept()],

  set_tod: [
    refuse('EINVAL', 'flagsGiven'),
    refuse('EOPNOTSUPP', 'protected'),
    refuse('ENXIO', 'attributeUnknown'),
    readable,
    acceptable,
    accept('withoutEffect'),
    record('tod_set'),
  ],
  get_tod: [refuse('EINVAL', 'flagsGiven'), refuse('ENXIO', 'attributeUnknown'), accept()],

  set_key_wrapping: [
    refuse('EINVAL', 'noKeyWrapping', 'keyWrappingMustBe'),
    accept('noKeyWrapping'),
    record('key_wrapping_set'),
  ],
  set_ap_interpretation: [refuse('EOPNOTSUPP', 'hostHasNoAp'), record('ap_interpretation_set')],

  set_cpu_topology: [refuse('ENXIO', 'noTopology'), record('topology_change_set')],
  get_cpu_topology: [refuse('ENXIO', 'noTopology'), accept()],

  enable_cap: [
    refuse('EINVAL', 'flagsGiven'),
    refuse('EINVAL', 'capabilityUnknown'),
    refuse('EBUSY', 'onlyBeforeVcpus', 'vcpuCreated'),
    refuse('EINVAL', 'capabilityNotOffered'),
    refuse('EINVAL', 'needsNoCmma', 'cmmaOn'),
    record('capability_enabled'),
  ],
};
