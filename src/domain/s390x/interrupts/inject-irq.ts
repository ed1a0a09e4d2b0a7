import type { Interrupt, IrqRequest } from '../../shapes/s390x-interrupt.js';
import { IRQ_SIZE } from '../../shapes/s390x-interrupt.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, done, malformed, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { localInterrupt, merged, queued } from './interrupt.js';
import { NO_ADDRESS, statusDecision, storedStatus } from '../lowcore/store-status.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';

const storesStatus = (irq: Interrupt): boolean => irq.type === 'sigp_stop' && irq.flags.includes('store_status');

/** What an interruption that may be injected does; a vCPU that is stopped needs no stop, at most its status stored. */
function injected(vm: S390xVm, { id, mpState, pending, registers }: S390xVcpu, irq: Interrupt): Decision {
  if (irq.type === 'sigp_stop' && mpState === 'stopped')
    return storesStatus(irq) ? statusDecision(storedStatus(vm.memory, registers, NO_ADDRESS)) : done();
  const waiting = merged(pending, irq);
  return done(waiting ? [{ type: 'interrupt_queued', vcpu: id, interrupt: waiting }] : []);
}

/** The largest flags field of a program interruption. */
const BYTE = 0xffn;

const flagsTooWide = ({ type, flags = [] }: IrqRequest): boolean =>
  type === 'program_int' && flags.some((flag) => typeof flag === 'bigint' && flag > BYTE);

/** One interruption for a vCPU (do_inject_vcpu). */
function inject(vm: S390xVm, vcpu: number, irq: IrqRequest): Decision {
  if (flagsTooWide(irq)) return malformed('flags', 'must fit in 8 bits');
  const local = localInterrupt(irq);
  const verdict = consult(vm, { type: 'inject_irq', vcpu, irq, local });
  if (verdict.refused) return refused(verdict.refused);
  const target = vm.vcpus.get(vcpu);
  return local && target ? injected(vm, target, local) : refused('ENOENT');
}

/**
 * KVM_S390_IRQ on a vCPU (api.rst 4.95, "KVM_S390_IRQ"; kvm_s390_inject_vcpu). EINVAL for types that are no vCPU's, unknown flags and sources
 * that do not exist; EBUSY for what is pending already or needs a stopped vCPU; EFAULT if status is to be stored where no memory is.
 */
export const injectIrq: Decider<'inject_irq'> = (vm, { vcpu, irq }) => inject(vm, vcpu, irq);

/** In which order KVM_S390_GET_IRQ_STATE lists: rising priority, then emergency signals, then the external call. */
function inOrderOfState(pending: readonly Interrupt[]): readonly Interrupt[] {
  const last = ['int_emergency', 'int_external_call'];
  const others = pending.filter(({ type }) => !last.includes(type)).reverse();
  return [...others, ...last.flatMap((type) => pending.filter((waiting) => waiting.type === type))];
}

/**
 * KVM_S390_GET_IRQ_STATE (api.rst 4.98; kvm_s390_get_irq_state). `ret` is the number of bytes, 72 for each of `interrupts`. EINVAL for a
 * buffer of no size, ENOBUFS for one that is too small.
 */
export const getIrqState: Decider<'get_irq_state'> = (vm, { type, vcpu, len }) => {
  const verdict = consult(vm, { type, vcpu, length: len });
  if (verdict.refused) return refused(verdict.refused);
  const interrupts = inOrderOfState(vm.vcpus.get(vcpu)?.pending ?? []);
  return done([], { interrupts }, interrupts.length * IRQ_SIZE);
};

/** The VM with an interruption queued on a vCPU, for what is asked next. */
function withQueued(vm: S390xVm, vcpu: S390xVcpu, facts: readonly Event[]): S390xVm {
  const added = facts.flatMap((fact) => (fact.type === 'interrupt_queued' ? [fact.interrupt] : []));
  const pending = added.reduce(queued, vcpu.pending);
  return { ...vm, vcpus: new Map(vm.vcpus).set(vcpu.id, { ...vcpu, pending }) };
}

/**
 * KVM_S390_SET_IRQ_STATE (api.rst 4.97; kvm_s390_set_irq_state). EINVAL for a length that is 0, no multiple of 72 or too long, EFAULT for
 * more of it than there is, EBUSY if anything is pending; then as `injectIrq`, one by one, up to the first that is refused.
 */
export const setIrqState: Decider<'set_irq_state'> = (vm, { type, vcpu, interrupts, len }) => {
  const given = interrupts ?? [];
  const length = len ?? (interrupts ? interrupts.length * IRQ_SIZE : IRQ_SIZE);
  const verdict = consult(vm, { type, vcpu, length, entries: given.length });
  if (verdict.refused) return refused(verdict.refused);
  let state = vm;
  const facts: Event[] = [];
  for (const [i, irq] of given.slice(0, length / IRQ_SIZE).entries()) {
    const one = inject(state, vcpu, irq);
    if (one.malformed) return malformed(`interrupts.${i}.${one.malformed.field}`, one.malformed.message);
    facts.push(...one.events);
    if (one.errno) return refused(one.errno, facts);
    const target = state.vcpus.get(vcpu);
    if (target) state = withQueued(state, target, one.events);
  }
  return done(facts);
};
