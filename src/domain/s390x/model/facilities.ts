import { ascending } from '../../shapes/bitmap.js';
import type { S390xHost } from '../../shapes/host.js';
import type { Modelled } from './cpu-model.js';
import { AP_INTERRUPTS, hasApInterrupts } from './machine.js';

/** Facilities that the model looks at, as STFLE bit numbers (PoP, "Facility Indications"). */
export const FACILITY = {
  enhancedDat1: 8,
  conditionalSske: 10,
  configurationTopology: 11,
  nonquiescing: 14,
  runtimeInstrumentation: 64,
  adapterInterruptionSuppression: 72,
  messageSecurityAssist3: 76,
  enhancedDat2: 78,
  branchPrediction: 82,
  vector: 129,
  instructionExecutionProtection: 130,
  guardedStorage: 133,
  multipleEpoch: 139,
} as const;

/** Facilities that KVM knows and offers of its own accord (FACILITIES_KVM). */
const BASE: ReadonlySet<number> = new Set([
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 73, 75, 76, 77, 78],
  ...[130, 131, 139, 146, 150, 151, 155],
]);

/** Facilities that a CPU model may have if user space asks for them (FACILITIES_KVM_CPUMODEL). */
const FOR_CPU_MODELS: ReadonlySet<number> = new Set([12, 15, 156, 165, 170, 193, 194, 196, 197, 201]);

/** Whether the machine leaves a facility to the guest without the hypervisor's help; from 128 on all need it. */
const isUnmanaged = (n: number): boolean => n < 128 && n % 64 >= 16;

/** Facilities that KVM provides itself: store hypervisor information, CZAM. */
const PROVIDED = [74, 138];

const TLB_GUEST = 147;

interface Lists {
  readonly mask: readonly number[];
  readonly list: readonly number[];
}

const lists = new WeakMap<S390xHost, Lists>();

function initialLists(host: S390xHost): Lists {
  const offered = host.facilities.filter((n) => BASE.has(n) || isUnmanaged(n));
  const both = [...offered, ...PROVIDED, ...host.facilities.filter((n) => n === TLB_GUEST)];
  const masked = host.facilities.filter((n) => FOR_CPU_MODELS.has(n));
  const apInterrupts = hasApInterrupts(host) ? [AP_INTERRUPTS] : [];
  return {
    mask: ascending([...both, ...masked, ...apInterrupts]),
    list: ascending(both),
  };
}

/** The facility mask and list that KVM_CREATE_VM gives a VM (kvm_arch_init_vm). */
function initial(host: S390xHost): Lists {
  const made = lists.get(host) ?? initialLists(host);
  lists.set(host, made);
  return made;
}

/** Facilities that the VM may have: fac_mask, ascending. */
export const facMask = ({ host, cpuModel }: Modelled): readonly number[] =>
  cpuModel?.capFacilities ? ascending([...initial(host).mask, ...cpuModel.capFacilities]) : initial(host).mask;

/** Facilities that its CPU model names: fac_list, ascending. A facility is there if it is in both. */
export function facList({ host, cpuModel }: Modelled): readonly number[] {
  if (cpuModel?.facList) return cpuModel.facList;
  return cpuModel?.capFacilities ? ascending([...initial(host).list, ...cpuModel.capFacilities]) : initial(host).list;
}

/** Facilities in both lists, by the CPU model, or by the host where the model was never touched. */
const effective = new WeakMap<object, ReadonlySet<number>>();

function effectiveOf(vm: Modelled): ReadonlySet<number> {
  const key = vm.cpuModel ?? vm.host;
  let both = effective.get(key);
  if (both === undefined) {
    const masked = new Set(facMask(vm));
    effective.set(key, (both = new Set(facList(vm).filter((n) => masked.has(n)))));
  }
  return both;
}

/** Whether the guest has facility `n`, an STFLE bit number: in its mask and in its list (test_kvm_facility). */
export const hasFacility = (vm: Modelled, n: number): boolean => effectiveOf(vm).has(n);
