import type { Vm } from '../vm/state.js';

/** Facilities that change how storage is accessed (PoP, "Facility Indications"). */
export const FACILITY = { enhancedDat1: 8, enhancedDat2: 78, instructionExecutionProtection: 130 } as const;

/** Whether the guest has facility `n`, an STFLE bit number (kvm: test_kvm_facility). */
export const hasFacility = (vm: Pick<Vm, 'host'>, n: number): boolean => vm.host.facilities.includes(n);
