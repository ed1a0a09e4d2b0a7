import { z } from 'zod';
import { aarch64Registers } from '../../shapes/aarch64-registers.js';
import { ARCHITECTURES } from '../../shapes/create-vm.js';
import { bytes, u16, u32, u64, u8 } from '../../shapes/scalars.js';
import { pageRuns } from '../../shapes/erasure.js';
import { floatingInterrupt } from '../../shapes/s390x-floating.js';
import { interrupt } from '../../shapes/s390x-interrupt.js';
import { s390xRegisters } from '../../shapes/s390x-registers.js';
import { RESETS, ucasMapping } from '../../shapes/s390x-vcpu.js';
import { typesOf } from '../../shapes/types-of.js';
import { MEMSLOT_FLAGS } from '../../memory/memslot.js';
import { asAbsolute } from '../../memory/address.js';
import { TOP_TABLES } from '../../s390x/dat/address-space.js';
import { aarch64Events } from './event-aarch64.js';
import { attributeEvents } from './event-attributes.js';
import { introspectionEvents } from './event-introspection.js';
import { x86Events } from './event-x86.js';
import { fact, parts } from './fact.js';

const memslotFlags = z.array(z.enum(Object.keys(MEMSLOT_FLAGS) as [keyof typeof MEMSLOT_FLAGS]));

/**
 * What can have happened to a VM, in the past tense; `apply` folds these into its state and they are all that it folds.
 * The bytes that memory events stored stand beside the record.
 */
export const event = z.discriminatedUnion('type', [
  z.discriminatedUnion('arch', [
    fact('vm_created', ARCHITECTURES.s390x),
    fact('vm_created', ARCHITECTURES.x86_64),
    fact('vm_created', ARCHITECTURES.aarch64),
  ]),
  fact('vm_destroyed', {}),
  fact('vcpu_created', { vcpu: u32 }),
  fact('registers_set', { vcpu: u32, registers: s390xRegisters }),
  fact('aarch64_registers_set', { vcpu: u32, registers: aarch64Registers }),
  /** User space starts and stops vCPUs from now on (user_cpu_state_ctrl). */
  fact('user_cpu_state_control_taken', {}),
  fact('vcpu_started', { vcpu: u32 }),
  /** A stop that was asked for is done with. */
  fact('vcpu_stopped', { vcpu: u32 }),
  fact('vcpu_reset', { vcpu: u32, reset: z.enum(RESETS) }),
  /** In the place of the one that it was merged with, if there was one. */
  fact('interrupt_queued', { vcpu: u32, interrupt }),
  fact('interrupt_delivered', { vcpu: u32, interrupt }),
  /** In the place of the one that it was merged with, if there was one. */
  fact('floating_interrupt_queued', { interrupt: floatingInterrupt }),
  /** The first that waits of its kind; of a service interruption its events or its answer. */
  fact('floating_interrupt_delivered', { interrupt: floatingInterrupt }),
  fact('ucas_mapped', { vcpu: u32, mapping: ucasMapping }),
  fact('ucas_unmapped', { vcpu: u32, mapping: ucasMapping }),

  fact('memslot_created', { slot: u16, guestPhysAddr: u64, size: u64, userspaceAddr: u64, flags: memslotFlags }),
  fact('memslot_moved', { slot: u16, guestPhysAddr: u64 }),
  fact('memslot_flags_changed', { slot: u16, flags: memslotFlags }),
  fact('memslot_deleted', { slot: u16 }),
  fact('dirty_log_taken', { slot: u16 }),
  /** Pages from `firstPage` of the slot on whose bits are set in `data` count as clean. */
  fact('dirty_log_cleared', { slot: u16, firstPage: u64, data: bytes }),

  /** The VMM wrote through its own mapping: no key, no dirty bit changes. */
  fact('memory_loaded', { parts, data: bytes }),
  /** An access that was checked as the machine's own: reference bits set. */
  fact('memory_read', { parts }),
  /** The same for a store: reference, change and dirty bits set. */
  fact('memory_stored', { parts, data: bytes }),
  /** A compare that found another value: reference bit set, and dirty, since the page was made writable. */
  fact('memory_compared', { parts }),
  /** The machine cleared frames: reference, change and dirty bits set. */
  fact('frames_cleared', { absolute: u64.transform(asAbsolute), pages: z.int().min(1) }),
  /** A page was made writable for a store that was then refused: dirty, and nothing else. */
  fact('memory_made_writable', { parts }),
  /** A page walk set accessed and dirty bits: the entries as they are now, dirty where their slot logs. */
  fact('table_entries_set', { parts, data: bytes }),
  fact('sida_stored', { vcpu: u32, offset: u32, data: bytes }),
  fact('program_interrupt_queued', { vcpu: u32, code: u16, transExcCode: u64, excAccessId: u8 }),

  /** What pages of the VMM's have, one after the other: nothing changes but where it is known from. */
  fact('memory_kept', { runs: pageRuns, data: bytes }),
  /** Data beside the VM's records from one position to another is gone; the VM is as it was. */
  fact('memory_erased', { from: z.int().min(1), to: z.int().min(0) }),

  fact('cmma_enabled', {}),
  /** CMMA state of every frame back to stable. */
  fact('cmma_cleared', {}),
  /** `topTable` is the smallest that holds the limit. */
  fact('mem_limit_set', { topTable: z.enum(TOP_TABLES) }),
  ...attributeEvents,
  ...aarch64Events,
  fact('migration_started', {}),
  fact('migration_stopped', {}),

  /** Storage keys are in use from now on; all of them are 0. */
  fact('skeys_enabled', {}),
  /** Keys of as many pages as there are bytes, from a guest frame number on. */
  fact('storage_keys_set', { startGfn: u64, data: bytes }),
  fact('storage_key_set', { absolute: u64.transform(asAbsolute), key: u8 }),
  fact('cmm_used', {}),
  /** What ESSA left of a page; in migration mode it waits to be collected. */
  fact('page_state_set', { absolute: u64.transform(asAbsolute), usage: u8, nodat: z.boolean() }),
  /** CMMA bytes of as many pages as there are: bits of `cleared` go, then those of `mask` come. */
  fact('cmma_values_set', { startGfn: u64, cleared: u8, mask: u8, data: bytes }),
  /** What waited among `count` pages was collected. */
  fact('cmma_collected', { startGfn: u64, count: u32 }),

  fact('protection_enabled', {}),
  fact('protection_disabled', {}),
  /** No vCPU is protected any more, though the VM is. */
  fact('vcpus_unprotected', {}),
  fact('dump_started', {}),
  fact('dump_completed', {}),
  /** The protected VM was set aside for destruction later; the VM itself is unprotected. */
  fact('protection_set_aside', {}),
  fact('aside_destroyed', {}),
  /** The ultravisor decrypted pages of the image in place. */
  fact('image_unpacked', { absolute: u64.transform(asAbsolute), pages: z.int().min(1) }),

  ...x86Events,
  ...introspectionEvents,
]);

export type Event = z.output<typeof event>;

export type EventType = Event['type'];

/** Every type of fact. */
export const EVENT_TYPES = typesOf(event) as readonly EventType[];

export type EventOf<Type extends EventType> = Extract<Event, { readonly type: Type }>;
