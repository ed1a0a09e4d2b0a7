import { PAGE_SIZE } from '../../memory/address.js';
import { storedIn } from '../../memory/erased.js';
import { merged, queued } from '../../s390x/interrupts/interrupt.js';
import { PREFIX_MASK, type S390xVcpu, newVcpu } from '../../s390x/vcpu/vcpu.js';
import { withVectors } from '../../s390x/vcpu/vector-registers.js';
import type { S390xRegisterChanges } from '../../shapes/s390x-registers.js';
import { withNewTopology, withVmClock } from './fold-attributes.js';
import { type Folds, region, withVcpu } from './fold.js';

const replaced = <Value>(
  values: readonly Value[],
  changes: Readonly<Record<string, Value>> | undefined,
): readonly Value[] => (changes ? values.map((value, i) => changes[String(i)] ?? value) : values);

function changeRegisters(vcpu: S390xVcpu, changes: S390xRegisterChanges): S390xVcpu {
  const { gprs, crs, acrs, prefix, vrs, fprs, ...scalars } = changes;
  const before = vcpu.registers;
  const present = Object.fromEntries(Object.entries(scalars).filter(([, value]) => value !== undefined));
  return {
    ...vcpu,
    registers: {
      ...before,
      ...present,
      prefix: prefix === undefined ? before.prefix : prefix & PREFIX_MASK,
      gprs: replaced(before.gprs, gprs),
      crs: replaced(before.crs, crs),
      acrs: replaced(before.acrs, acrs),
      ...((vrs ?? fprs) && { vrs: withVectors(before, vrs, fprs) }),
    },
  };
}

/** Facts about vCPUs. */
export const vcpuFolds: Folds<'vcpu_created' | 'registers_set' | 'sida_stored' | 'program_interrupt_queued'> = {
  vcpu_created: (vm, { vcpu }) => {
    const created = withVmClock(vm, newVcpu(vcpu));
    const secure = vm.regions.protection === 'none' ? created : { ...created, sida: new Uint8Array(PAGE_SIZE) };
    return region({ vcpus: 'created' })({ ...withNewTopology(vm), vcpus: new Map(vm.vcpus).set(vcpu, secure) });
  },
  registers_set: (vm, { vcpu, registers }) => withVcpu(vm, vcpu, (before) => changeRegisters(before, registers)),
  sida_stored: (vm, { vcpu, offset, data }) =>
    withVcpu(vm, vcpu, (before) => ({
      ...before,
      sida: storedIn(before.sida ?? new Uint8Array(PAGE_SIZE), offset, data),
    })),
  program_interrupt_queued: (vm, { vcpu, code, transExcCode, excAccessId }) =>
    withVcpu(vm, vcpu, (before) => {
      const added = { type: 'program_int', code, transExcCode, excAccessId } as const;
      return { ...before, pending: queued(before.pending, merged(before.pending, added) ?? added) };
    }),
};
