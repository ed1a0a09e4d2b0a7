import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import { floatingOf, mergedFloating } from './floating.js';

/**
 * KVM_S390_INTERRUPT on a VM (api.rst 4.64; kvm_s390_inject_vm): queues a floating interruption, which the next run of a vCPU whose masks
 * let it through delivers. EINVAL on a UCONTROL VM and for types that no VM has, EFAULT without an interruption, EBUSY if as
 * many of the type wait as may.
 */
export const injectVmIrq: Decider<'inject_vm_irq'> = (vm, { type, irq }) => {
  const floating = irq && floatingOf(irq);
  const verdict = consult(vm, { type, readable: irq !== undefined, floating });
  if (verdict.refused) return refused(verdict.refused);
  if (floating === undefined) return refused('EINVAL');
  return done([{ type: 'floating_interrupt_queued', interrupt: mergedFloating(vm.floating ?? [], floating) }]);
};
