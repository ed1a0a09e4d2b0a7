import { z } from 'zod';
import { s390xHost } from '../shapes/create-vm.js';
import { bytes, u16, u32, u64, u8 } from '../shapes/scalars.js';
import { s390xRegisters } from '../shapes/s390x-registers.js';
import { MEMSLOT_FLAGS } from '../memory/memslot.js';
import { asAbsolute } from '../memory/address.js';
import { TOP_TABLES } from '../s390x/address-space.js';

const fact = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ type: z.literal(type), ...fields });

const parts = z.array(z.strictObject({ absolute: u64.transform(asAbsolute), size: u32 }));

const memslotFlags = z.array(z.enum(Object.keys(MEMSLOT_FLAGS) as [keyof typeof MEMSLOT_FLAGS]));

/**
 * What can have happened to a VM, in the past tense; `apply` folds these into its state and they are all that it folds.
 * The bytes that memory events stored stand beside the record.
 */
export const event = z.discriminatedUnion('type', [
  fact('vm_created', {
    arch: z.enum(['s390x']),
    vmType: z.enum(['default', 'ucontrol']),
    semantics: z.enum(['documented', 'kernel']),
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    host: s390xHost,
  }),
  fact('vm_destroyed', {}),
  fact('vcpu_created', { vcpu: u32 }),
  fact('registers_set', { vcpu: u32, registers: s390xRegisters }),

  fact('memslot_created', { slot: u16, guestPhysAddr: u64, size: u64, userspaceAddr: u64, flags: memslotFlags }),
  fact('memslot_moved', { slot: u16, guestPhysAddr: u64 }),
  fact('memslot_flags_changed', { slot: u16, flags: memslotFlags }),
  fact('memslot_deleted', { slot: u16 }),
  fact('dirty_log_taken', { slot: u16 }),

  /** The VMM wrote through its own mapping: no key, no dirty bit changes. */
  fact('memory_loaded', { parts, data: bytes }),
  /** An access that was checked as the machine's own: reference bits set. */
  fact('memory_read', { parts }),
  /** The same for a store: reference, change and dirty bits set. */
  fact('memory_stored', { parts, data: bytes }),
  /** A compare that found another value: reference bit set, and dirty, since the page was made writable. */
  fact('memory_compared', { parts }),
  /** A page was made writable for a store that was then refused: dirty, and nothing else. */
  fact('memory_made_writable', { parts }),
  fact('sida_stored', { vcpu: u32, offset: u32, data: bytes }),
  fact('program_interrupt_queued', { vcpu: u32, code: u16, transExcCode: u64, excAccessId: u8 }),

  fact('cmma_enabled', {}),
  /** CMMA state of every frame back to stable. */
  fact('cmma_cleared', {}),
  /** `topTable` is the smallest that holds the limit. */
  fact('mem_limit_set', { topTable: z.enum(TOP_TABLES) }),
  fact('migration_started', {}),
  fact('migration_stopped', {}),

  fact('protection_enabled', {}),
  fact('protection_disabled', {}),
  fact('dump_started', {}),
  fact('dump_completed', {}),
  /** The protected VM was set aside for destruction later; the VM itself is unprotected. */
  fact('protection_set_aside', {}),
  fact('aside_destroyed', {}),
]);

export type Event = z.output<typeof event>;

export type EventType = Event['type'];

export type EventOf<Type extends EventType> = Extract<Event, { readonly type: Type }>;
