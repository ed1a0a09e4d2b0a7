import { z } from 'zod';

/** Most characters of a reason. */
export const REASON_MAX = 500;

/** Pages of the VMM's by their number: so many from one on. */
export const pageRuns = z.array(z.strictObject({ page: z.int().min(0), count: z.int().min(1) }));

export type PageRun = z.output<typeof pageRuns>[number];

/**
 * The bytes of a VM's memory that stand beside its records from one position to another are removed. What was removed and what
 * is left of it are facts of the outside: whoever appends the record knows them.
 */
export const eraseMemory = z.strictObject({
  type: z.literal('erase_memory'),
  from: z.int().min(1),
  to: z.int().min(0),
  reason: z.string().min(1).max(REASON_MAX),
  /** Records that lost data, pieces of data that are gone, and their bytes. */
  records: z.int().min(0),
  pieces: z.int().min(0),
  bytes: z.int().min(0),
  /** What the digests that are left in their place come to (audit/remains.ts). */
  remains: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * What a VM that lives has in pages of the VMM's, and in what vCPUs hold, is recorded once more, since the records that it came
 * from are to be erased.
 */
export const keepMemory = z.strictObject({
  type: z.literal('keep_memory'),
  pages: pageRuns,
  vcpus: z.array(z.int().min(0)),
});
