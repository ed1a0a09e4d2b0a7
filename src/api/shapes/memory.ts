import { z } from 'zod';
import { bytes, u32, u64 } from '../../domain/shapes/scalars.js';
import { EXTENTS_MAX, HOST_ACCESS_MAX, clearDirtyLog, setUserMemoryRegion } from '../../domain/shapes/memory.js';
import { ONE_MOMENT, momentFields, oneMoment } from '../http/moment.js';
import { answered, base64, hex } from './output.js';

const { slot, guestPhysAddr, size, userspaceAddr, flags } = setUserMemoryRegion.shape;

/** The body that sets a memory slot; `slot` may be there, as it is in what a VM answers, but must be that of the path. */
export const memslotBody = z
  .strictObject({ slot: slot.optional(), guestPhysAddr, size, userspaceAddr, flags })
  .meta({ id: 'SetMemslot' });

export const memslotAnswer = answered({ slot: z.int() }).meta({ id: 'MemslotAnswer' });

export const dirtyLogAnswer = answered({
  slot: z.int(),
  bitmap: base64.optional(),
  frames: z.array(hex),
}).meta({ id: 'DirtyLog' });

/** The body that clears a part of a dirty log. */
export const clearDirtyLogBody = clearDirtyLog.omit({ type: true, slot: true }).meta({ id: 'ClearDirtyLog' });

/** The body that writes memory: several writes, or one as it was read. */
export const memoryBody = z
  .strictObject({
    writes: z
      .array(z.strictObject({ gpa: u64, data: bytes }))
      .min(1)
      .max(EXTENTS_MAX)
      .optional(),
    gpa: u64.optional(),
    data: bytes.optional(),
  })
  .refine(({ writes, data }) => (writes === undefined) !== (data === undefined), {
    path: ['writes'],
    error: 'is required, unless gpa and data are given instead',
  })
  .refine(({ writes, gpa }) => writes === undefined || gpa === undefined, {
    path: ['gpa'],
    error: 'cannot be given beside writes',
  })
  .meta({ id: 'WriteMemory' });

export type MemoryBody = z.output<typeof memoryBody>;

export const writeMemoryQuery = z.strictObject({
  gpa: u64.optional().meta({ description: 'where an octet stream, or the data of a body without gpa, goes' }),
});

const readSize = u32
  .refine((count) => count >= 1 && count <= HOST_ACCESS_MAX, `must be 1 to ${HOST_ACCESS_MAX}`)
  .meta({ description: 'bytes, 1 to 16 MiB' });

export const readMemoryQuery = z
  .strictObject({ gpa: u64, size: readSize, ...momentFields })
  .refine(oneMoment, ONE_MOMENT);

export type ReadMemoryQuery = z.output<typeof readMemoryQuery>;

export const memoryAnswer = answered({ gpa: hex, data: base64 }).meta({ id: 'Memory' });
