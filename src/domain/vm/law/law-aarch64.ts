import type { Firmware } from '../../aarch64/firmware.js';
import type { SmcccFilterRequest } from '../../shapes/aarch64-smccc.js';
import type { EventOf, EventType } from '../facts/event.js';
import type { CommonLawEvent } from './law-common.js';

/** What its fact says if a command goes through; absent where there is nothing that it could say. */
interface Says<Fact extends EventType> {
  readonly fact?: Omit<EventOf<Fact>, 'type'> | undefined;
}

/** What is asked of the law of an aarch64 VM. */
export type Aarch64LawEvent =
  | CommonLawEvent
  /** KVM_RUN has begun, whatever comes of it. */
  | { readonly type: 'enter_vcpu'; readonly vcpu: number }
  | { readonly type: 'run_vcpu'; readonly vcpu: number; readonly immediateExit: boolean }
  | { readonly type: 'smccc' | 'get_mp_state' | 'vcpu_attr'; readonly vcpu: number }
  | { readonly type: 'get_device_attr' | 'has_device_attr' }
  /** Without a fact there is no such state. */
  | ({ readonly type: 'set_mp_state'; readonly vcpu: number } & Says<'power_state_set'>)
  /** One pseudo-firmware register, through a vCPU. */
  | { readonly type: 'set_firmware'; readonly vcpu: number; readonly firmware: Partial<Firmware> }
  /** `request`: absent if it cannot be read. */
  | ({ readonly type: 'set_smccc_filter'; readonly request: SmcccFilterRequest | undefined } & Says<'smccc_filter_set'>)
  /** Without a fact the payload cannot be read. */
  | ({ readonly type: 'place_stolen_time'; readonly vcpu: number } & Says<'stolen_time_placed'>)
  | ({
      readonly type: 'enable_cap';
      readonly flags: number;
      readonly args: readonly bigint[];
      readonly capability: string | number;
    } & Says<'capability_enabled'>);
