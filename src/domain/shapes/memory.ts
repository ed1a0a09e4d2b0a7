import { z } from 'zod';
import { MEMSLOT_FLAGS } from '../memory/memslot.js';
import { bytes, flagSet, u32, u64 } from './scalars.js';
import { ultravisor } from './ultravisor.js';

/** KVM_SET_USER_MEMORY_REGION; size 0 deletes. Without `userspaceAddr` the model finds one. */
export const setUserMemoryRegion = z.strictObject({
  type: z.literal('set_user_memory_region'),
  slot: u32,
  guestPhysAddr: u64,
  size: u64,
  userspaceAddr: u64.optional(),
  flags: flagSet(MEMSLOT_FLAGS, 32).default([]),
});

/** KVM_GET_DIRTY_LOG: answers and clears. */
export const getDirtyLog = z.strictObject({ type: z.literal('get_dirty_log'), slot: u32 });

/** KVM_CLEAR_DIRTY_LOG. */
export const clearDirtyLog = z.strictObject({
  type: z.literal('clear_dirty_log'),
  slot: u32,
  firstPage: u64.default(0n),
  numPages: u32.default(0),
  bitmap: bytes.optional(),
});

/** Most bytes of one write or read of the VMM's through its mapping of guest memory. */
export const HOST_ACCESS_MAX = 16 * 1024 * 1024;

/** Most places of one write: as many as there are pages in the most bytes, so that a short request cannot fill much memory. */
export const EXTENTS_MAX = HOST_ACCESS_MAX / 4096;

const extent = z.strictObject({ gpa: u64, size: z.int().min(0).max(HOST_ACCESS_MAX) });

/** The VMM's own write through its mapping: `data` goes to the extents one after the other. No DAT, no keys, no dirty log. */
export const writeMemory = z
  .strictObject({ type: z.literal('write_memory'), extents: z.array(extent).min(1).max(EXTENTS_MAX), data: bytes })
  .refine((write) => write.extents.reduce((sum, { size }) => sum + size, 0) === write.data.length, {
    path: ['data'],
    message: 'must be as long as the extents together',
  });

/** The VMM's own read through its mapping; of the past with `asOf`. */
export const readMemory = z.strictObject({
  type: z.literal('read_memory'),
  gpa: u64,
  size: z.int().min(1).max(HOST_ACCESS_MAX),
  asOf: z.int().min(1).optional(),
});

/** A vCPU number of the URL: what fits the ABI's field reaches the machine. */
export const vcpuId = u32;

/** KVM_CREATE_VCPU. */
export const createVcpu = z.strictObject({
  type: z.literal('create_vcpu'),
  id: vcpuId,
  ultravisor: ultravisor.optional(),
  /** The host's physical counter when the command was decided, for an aarch64 VM: a fact that the edge puts in. */
  hostCounter: u64.optional(),
});
