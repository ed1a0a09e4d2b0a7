import { z } from 'zod';
import { u8 } from '../../shapes/scalars.js';
import { refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { type Attribute, type AttributeGroup, attribute, lawful } from '../../vm/attribute.js';
import { FACILITY, hasFacility } from '../model/facilities.js';

/** Whether the guest is to be told that its configuration topology changed (MTCR); the creation of a vCPU does so. */
export const topologyChanged = ({ topologyChange, regions }: S390xVm): boolean =>
  topologyChange ?? regions.vcpus === 'created';

/** The attribute's number is the value; no payload is read. GET answers the state whatever the number. */
const row = (name: string, number: bigint): Attribute => ({
  ...attribute({
    name,
    number,
    payload: z.strictObject({ value: u8 }),
    get: (vm) => lawful(vm, { type: 'get_cpu_topology' }, { value: topologyChanged(vm) ? 1n : 0n }),
    has: (vm) => (hasFacility(vm, FACILITY.configurationTopology) ? undefined : 'ENXIO'),
  }),
  set: (vm, _, { attr }) => {
    const value = attr === name ? number : attr;
    if (typeof value === 'string') return refused('ENXIO');
    return lawful(vm, { type: 'set_cpu_topology', fact: { pending: value !== 0n } });
  },
});

/** KVM_S390_VM_CPU_TOPOLOGY (kvm_s390_set_topo_change_indication, kvm_s390_get_topo_change_indication). */
export const cpuTopology: AttributeGroup = {
  name: 'cpu_topology',
  number: 5,
  hasEveryNumber: false,
  attributes: [row('0', 0n), row('1', 1n)],
  others: row('', -1n),
  othersByNumber: true,
};
