import { z } from 'zod';
import { ACCESS } from '../x86_64/paging/permissions.js';
import { BATCH_MAX } from './s390x-access.js';
import { flagSet, u32, u64 } from './scalars.js';

/** Flags of KVM_TRANSLATE2 by bit (struct kvm_translation2). */
export const TRANSLATE2_FLAGS = { set_accessed: 1, set_dirty: 2, force_set_accessed: 4 } as const;

const translate2Fields = {
  linearAddress: u64,
  flags: flagSet(TRANSLATE2_FLAGS, 16).default([]),
  access: flagSet(ACCESS, 16).default([]),
};

/** One linear address to translate: a supervisor read unless `access` says otherwise. */
export const translate2Request = z.strictObject(translate2Fields).meta({ id: 'X86TranslateRequest' });

export type Translate2Request = z.output<typeof translate2Request>;

const context = { vcpu: u32, explain: z.boolean().default(false), asOf: z.int().min(1).optional() };

/** KVM_TRANSLATE2; of the past with `asOf`, where nothing can be set. */
export const translate2 = z.strictObject({ type: z.literal('translate2'), ...context, ...translate2Fields });

/** Several of them, one record; each on what the ones before left. */
export const translate2Batch = z.strictObject({
  type: z.literal('translate2_batch'),
  ...context,
  ops: z.array(translate2Request).min(1).max(BATCH_MAX),
});

/** KVM_TRANSLATE. */
export const translateLegacy = z.strictObject({ type: z.literal('translate_legacy'), vcpu: u32, linearAddress: u64 });

/** Most runs that one reading of mappings answers. */
export const MAPPINGS_MAX = 1000;

/** What is mapped from `from` up to, not including, `to` (absent: the end of all addresses). */
export const readMappings = z.strictObject({
  type: z.literal('read_mappings'),
  vcpu: u32,
  from: u64.default(0n),
  to: u64.optional(),
  limit: z.int().min(1).max(MAPPINGS_MAX).default(100),
  asOf: z.int().min(1).optional(),
});
