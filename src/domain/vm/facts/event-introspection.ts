import { z } from 'zod';
import { EVENT_NAMES, VCPU_EVENTS } from '../../introspection/events.js';
import { KVMI_COMMANDS, type KvmiCommand, commitment, eventDetails, hostTime } from '../../shapes/kvmi.js';
import { bytes, u32, u64, u8 } from '../../shapes/scalars.js';
import { heldCommand } from '../../shapes/x86-held.js';
import { x86Registers } from '../../shapes/x86-registers.js';
import { fact } from './fact.js';

const commandName = z.enum(Object.keys(KVMI_COMMANDS) as [KvmiCommand, ...KvmiCommand[]]);
const eventName = z.enum(EVENT_NAMES);
const vcpuEventName = z.enum(VCPU_EVENTS);

const seq = z.int().min(1);

/** Facts about the channel to a tool, what it selected, and events. */
export const introspectionEvents = [
  fact('introspection_hooked', { uuid: z.string().optional() }),
  /** The channel is closed: interceptions and tokens are gone, vCPUs that waited go on. */
  fact('introspection_unhooked', {}),
  /** `names` are all that is meant by `all`. */
  fact('commands_allowed', { names: z.array(commandName), allowed: z.boolean() }),
  fact('events_allowed', { names: z.array(eventName), allowed: z.boolean() }),
  fact('vm_event_controlled', { event: eventName, enabled: z.boolean() }),
  fact('vcpu_event_controlled', { vcpu: u32, event: vcpuEventName, enabled: z.boolean() }),
  fact('cleanup_controlled', { enabled: z.boolean() }),
  fact('cr_selected', { vcpu: u32, cr: u8, enabled: z.boolean() }),
  fact('msr_selected', { vcpu: u32, msr: u32, enabled: z.boolean() }),
  fact('page_access_set', { entries: z.array(z.strictObject({ gpa: u64, access: u8 })) }),
  fact('vcpu_pause_asked', { vcpu: u32 }),
  fact('exception_injected', { vcpu: u32, vector: u8, errorCode: u32.optional(), address: u64.optional() }),

  fact('unhook_event_sent', { seq }),
  /** The vCPU waits from now on; `held` goes on after the reply, and may access the frames of `excused`. */
  fact('vcpu_event_sent', {
    seq,
    vcpu: u32,
    event: vcpuEventName,
    details: eventDetails,
    held: heldCommand,
    excused: z.array(z.int().min(0)),
  }),
  /** The bytes of a store that is held. */
  fact('guest_store_held', { vcpu: u32, data: bytes }),
  fact('registers_set_later', { vcpu: u32, registers: x86Registers }),
  /** The event was replied to. */
  fact('vcpu_event_answered', { vcpu: u32 }),
  /** The tool stopped the VM. */
  fact('vm_crashed', {}),

  fact('map_token_issued', { token: commitment, time: hostTime }),
  fact('map_token_spent', { token: commitment }),
  fact('map_tokens_expired', { tokens: z.array(commitment) }),
] as const;
