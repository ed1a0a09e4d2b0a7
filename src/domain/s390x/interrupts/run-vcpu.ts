import type { Interrupt } from '../../shapes/s390x-interrupt.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, done, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { deliverAll } from './deliver.js';
import { deliverSecure } from './deliver-secure.js';
import { NO_ADDRESS, storedStatus } from '../lowcore/store-status.js';
import type { S390xRegisterFile, S390xVcpu } from '../vcpu/vcpu.js';

/** The registers after what a delivery set of them. */
const after = (registers: S390xRegisterFile, facts: readonly Event[]): S390xRegisterFile =>
  facts.reduce((file, fact) => {
    if (fact.type !== 'registers_set') return file;
    const { psw = file.psw, prefix = file.prefix } = fact.registers;
    return { ...file, psw, prefix };
  }, registers);

/**
 * A stop that waits, once nothing else can be delivered: the status is stored if that was asked for, and the vCPU stops if the
 * kernel controls that; either way the run ends for user space to know (handle_stop).
 */
function stopped(vm: S390xVm, vcpu: S390xVcpu, stop: Interrupt, facts: readonly Event[]): Decision {
  const stores = stop.type === 'sigp_stop' && stop.flags.includes('store_status');
  const status = stores ? storedStatus(vm.memory, vcpu.registers, NO_ADDRESS) : { facts: [], failed: false };
  const so = [...facts, ...status.facts];
  if (status.failed) return refused('EFAULT', so);
  const verdict = consult(vm, { type: 'stop_intercepted', vcpu: vcpu.id });
  return verdict.refused ? refused(verdict.refused, so) : done([...so, ...verdict.facts], { exitReason: 's390_sieic' });
}

/**
 * KVM_RUN (api.rst 4.10; kvm_arch_vcpu_ioctl_run). The vCPU starts if it was stopped and the kernel controls that; what is pending is
 * delivered as far as masks let it through; no instruction is executed. Reply: `delivered`, and `exitReason` where a stop
 * ended the run.
 *
 * EINTR with `immediateExit`; EINVAL while the VM is dumped, for unknown registers and for a stopped vCPU that only user
 * space may start; EFAULT if the lowcore or status area lies in no slot.
 */
export const runVcpu: Decider<'run_vcpu'> = (vm, command) => {
  const { type, vcpu: id, immediateExit = false, validRegs = 0n, dirtyRegs = 0n } = command;
  const verdict = consult(vm, { type, vcpu: id, immediateExit, regs: validRegs | dirtyRegs });
  if (verdict.refused) return refused(verdict.refused);
  const vcpu = vm.vcpus.get(id);
  if (vcpu === undefined) return refused('ENOENT');
  const deliver = vcpu.sida === undefined ? deliverAll : deliverSecure;
  const { facts, delivered, left, failed } = deliver(vm, vcpu);
  const events = [...verdict.facts, ...facts];
  if (failed) return refused(failed, events);
  const registers = after(vcpu.registers, facts);
  const stop = left.find((waiting) => waiting.type === 'sigp_stop');
  if (stop === undefined) return done(events, { delivered });
  const { ret, errno, events: all, reply } = stopped(vm, { ...vcpu, registers }, stop, events);
  return { ret, ...(errno && { errno }), events: all, reply: { ...(errno ? {} : { delivered }), ...reply } };
};
