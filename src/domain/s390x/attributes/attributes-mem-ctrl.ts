import { z } from 'zod';
import { u64 } from '../../shapes/scalars.js';
import { done } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { type AttributeGroup, NO_PAYLOAD, attribute, lawful } from '../../vm/attribute.js';
import { limitRead, limitWanted } from '../dat/memory-limit.js';

const hasCmma = ({ host }: S390xVm) => (host.cmma ? undefined : 'ENXIO');

/** KVM_S390_VM_MEM_CTRL (devices/vm.rst 1; kvm_s390_set_mem_control, kvm_s390_get_mem_control). */
export const memCtrl: AttributeGroup = {
  name: 'mem_ctrl',
  number: 0,
  hasEveryNumber: false,
  attributes: [
    attribute({
      name: 'enable_cmma',
      number: 0n,
      payload: NO_PAYLOAD,
      set: (vm) => lawful(vm, { type: 'enable_cmma' }),
      has: hasCmma,
    }),
    attribute({
      name: 'clr_cmma',
      number: 1n,
      payload: NO_PAYLOAD,
      set: (vm) => lawful(vm, { type: 'clear_cmma' }),
      has: hasCmma,
    }),
    attribute({
      name: 'limit_size',
      number: 2n,
      payload: z.strictObject({ value: u64 }),
      set: (vm, payload) =>
        lawful(vm, { type: 'limit_mem_size', ...(payload && { limit: limitWanted(vm, payload.value) }) }),
      get: (vm) => done([], { value: limitRead(vm) }),
      has: () => undefined,
    }),
  ],
};
