import type { MEM_OPS, MemOpRequest } from '../../shapes/s390x-access.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { absoluteMemOp, compareAndExchange } from './mem-op-absolute.js';
import { logicalMemOp } from './mem-op-logical.js';
import { sidaMemOp } from './mem-op-sida.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';

type MemOpName = keyof typeof MEM_OPS;

/** The operations of the VM's file descriptor; every other one is EINVAL there (kvm_s390_vm_mem_op). */
const ON_VM: { readonly [Op in MemOpName]?: (vm: S390xVm, op: MemOpRequest) => Decision } = {
  absolute_read: (vm, op) => absoluteMemOp(vm, op, false),
  absolute_write: (vm, op) => absoluteMemOp(vm, op, true),
  absolute_cmpxchg: compareAndExchange,
};

/** The operations of a vCPU's file descriptor; every other one is EINVAL there (kvm_s390_vcpu_memsida_op). */
const ON_VCPU: { readonly [Op in MemOpName]?: (vm: S390xVm, vcpu: S390xVcpu, op: MemOpRequest) => Decision } = {
  logical_read: (vm, vcpu, op) => logicalMemOp(vm, vcpu, op, false),
  logical_write: (vm, vcpu, op) => logicalMemOp(vm, vcpu, op, true),
  sida_read: (vm, vcpu, op) => sidaMemOp(vm, vcpu, op, false),
  sida_write: (vm, vcpu, op) => sidaMemOp(vm, vcpu, op, true),
};

function onVm(vm: S390xVm, op: MemOpRequest): Decision {
  const verdict = consult(vm, { type: 'vm_mem_op' });
  if (verdict.refused !== undefined) return refused(verdict.refused);
  const operation = typeof op.op === 'number' ? undefined : ON_VM[op.op];
  return operation ? operation(vm, op) : refused('EINVAL');
}

function onVcpu(vm: S390xVm, vcpu: S390xVcpu, op: MemOpRequest): Decision {
  const operation = typeof op.op === 'number' ? undefined : ON_VCPU[op.op];
  return operation ? operation(vm, vcpu, op) : refused('EINVAL');
}

/** One operation on the VM or, if `id` is given, on that vCPU. */
export function carryOut(vm: S390xVm, id: number | undefined, op: MemOpRequest): Decision {
  if (id === undefined) return onVm(vm, op);
  const vcpu = vm.vcpus.get(id);
  return vcpu ? onVcpu(vm, vcpu, op) : refused('ENOENT');
}

/**
 * KVM_S390_MEM_OP on a VM or, if `vcpu` is given, on a vCPU (kvm/api.rst, KVM_S390_MEM_OP). A read answers `data`; cmpxchg
 * `swapped` and `oldData`; a program interruption is the positive `ret` and `exception`. ENOENT: no such vCPU.
 */
export const memOp: Decider<'s390_mem_op'> = (vm, command) => carryOut(vm, command.vcpu, command);
