import { z } from 'zod';
import { abiEnum, bytes, flagSet, u32, u64, u8 } from './scalars.js';

/** Operations of KVM_S390_MEM_OP by ABI number (s390-memop 1.2). */
export const MEM_OPS = {
  logical_read: 0,
  logical_write: 1,
  sida_read: 2,
  sida_write: 3,
  absolute_read: 4,
  absolute_write: 5,
  absolute_cmpxchg: 6,
} as const;

/** Flags of KVM_S390_MEM_OP by mask (s390-memop 1.3). */
export const MEM_OP_FLAGS = { check_only: 1, inject_exception: 2, skey_protection: 4 } as const;

const memOpFields = {
  op: abiEnum(MEM_OPS),
  gaddr: u64.default(0n),
  size: u32,
  flags: flagSet(MEM_OP_FLAGS, 64).default([]),
  ar: u8.default(0),
  key: u8.default(0),
  sidaOffset: u32.default(0),
  data: bytes.optional(),
  oldData: bytes.optional(),
};

/** One memory operation: the arguments of struct kvm_s390_mem_op; `data` and `oldData` stand for what `buf` and `old_addr` point to. */
export const memOpRequest = z.strictObject(memOpFields).meta({ id: 'MemOpRequest' });

export type MemOpRequest = z.output<typeof memOpRequest>;

/** KVM_S390_MEM_OP on the VM (no `vcpu`) or on a vCPU. */
export const memOp = z.strictObject({ type: z.literal('s390_mem_op'), vcpu: u32.optional(), ...memOpFields });

/** Most items of a batch. */
export const BATCH_MAX = 10_000;

/** Memory operations in order, one record; a refused item does not stop the rest. */
export const memOpBatch = z.strictObject({
  type: z.literal('s390_mem_op_batch'),
  vcpu: u32.optional(),
  ops: z.array(memOpRequest).min(1).max(BATCH_MAX),
});

const translateFields = {
  gaddr: u64,
  ar: u8.default(0),
  access: z
    .array(z.enum(['write', 'exec']))
    .max(2)
    .default([])
    .transform((kinds) => [...new Set(kinds)].sort()),
};

/** One address to translate: a fetch of data unless `access` says otherwise. */
export const translateRequest = z.strictObject(translateFields).meta({ id: 'S390xTranslateRequest' });

export type TranslateRequest = z.output<typeof translateRequest>;

const translateContext = { vcpu: u32, explain: z.boolean().default(false), asOf: z.int().min(1).optional() };

/** Address translation as the vCPU would do it now (or did at version `asOf`); changes nothing. */
export const translate = z.strictObject({ type: z.literal('translate'), ...translateContext, ...translateFields });

/** Several translations, one record. */
export const translateBatch = z.strictObject({
  type: z.literal('translate_batch'),
  ...translateContext,
  ops: z.array(translateRequest).min(1).max(BATCH_MAX),
});
