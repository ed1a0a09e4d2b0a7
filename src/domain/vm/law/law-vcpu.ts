import type { Interrupt, IrqRequest } from '../../shapes/s390x-interrupt.js';
import type { UcasMapping } from '../../shapes/s390x-vcpu.js';

/** Commands on a vCPU of which the law asks for nothing but the vCPU, and the end of a run by a stop that was asked for. */
export const VCPU_COMMANDS = ['get_mp_state', 'reset_vcpu', 'store_status', 'one_reg', 'stop_intercepted'] as const;

/** What is asked of the law about one vCPU, with the arguments that its guards look at. */
export type VcpuLawEvent =
  | { readonly type: (typeof VCPU_COMMANDS)[number]; readonly vcpu: number }
  /** `regs`: kvm_valid_regs and kvm_dirty_regs, one or the other. */
  | { readonly type: 'run_vcpu'; readonly vcpu: number; readonly immediateExit: boolean; readonly regs: bigint }
  | {
      readonly type: 'set_mp_state';
      readonly vcpu: number;
      readonly mpState: string | number;
      readonly ultravisorRefuses: boolean;
    }
  /** `readable`: whether there is a PSW at the address. */
  | { readonly type: 'set_initial_psw'; readonly vcpu: number; readonly readable: boolean }
  /** `irq`: as asked for; `local`: what it would be on a vCPU, if it can be there. */
  | {
      readonly type: 'inject_irq';
      readonly vcpu: number;
      readonly irq: IrqRequest;
      readonly local: Interrupt | undefined;
    }
  | { readonly type: 'get_irq_state'; readonly vcpu: number; readonly length: number }
  /** `entries`: how many can be read. */
  | { readonly type: 'set_irq_state'; readonly vcpu: number; readonly length: number; readonly entries: number }
  | {
      readonly type: 'pre_fault_memory';
      readonly vcpu: number;
      readonly gpa: bigint;
      readonly size: bigint;
      readonly flags: bigint;
    }
  | { readonly type: 'vcpu_fault'; readonly vcpu: number; readonly addr: bigint }
  | {
      readonly type: 'ucas_map' | 'ucas_unmap';
      readonly vcpu: number;
      readonly mapping: UcasMapping | undefined;
    };
