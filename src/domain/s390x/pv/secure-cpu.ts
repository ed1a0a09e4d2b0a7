import type { S390xVm } from '../../vm/state.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';

/** Whether a vCPU has a secure CPU (kvm_s390_pv_cpu_is_protected). */
export const isProtected = ({ sida }: S390xVcpu): boolean => sida !== undefined;

/** Whether some vCPU has a secure CPU. */
export const someProtected = ({ vcpus }: Pick<S390xVm, 'vcpus'>): boolean => [...vcpus.values()].some(isProtected);

/** Whether a vCPU lost its secure CPU while the VM stayed protected: the host has no way to the pages that it would access. */
export const lostProtection = ({ regions }: S390xVm, vcpu: S390xVcpu): boolean =>
  regions.protection !== 'none' && !isProtected(vcpu);
