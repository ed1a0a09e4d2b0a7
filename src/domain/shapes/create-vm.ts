import { z } from 'zod';
import { bitList } from './bitmap.js';
import { FEAT_SIZE, subfunc } from './cpu-model.js';
import { u32, u64 } from './scalars.js';

const text = (most: number) => z.string().max(most);

/** The facilities of the default s390x machine (STFLE bit numbers, PoP "Facility Indications"). */
const S390X_FACILITIES = [
  ...[
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 30, 31, 32, 33,
    34,
  ],
  ...[
    35, 36, 37, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 57, 58, 59, 60, 61, 64, 73, 74, 75, 76, 77,
    78,
  ],
  ...[
    80, 81, 82, 129, 130, 131, 133, 134, 135, 138, 139, 146, 147, 148, 150, 151, 152, 155, 156, 192, 193, 194, 196, 197,
  ],
];

/** The s390x machine that a VM sees (contract, "host"); every field has a default, so what comes out is whole. */
export const s390xHost = z
  .strictObject({
    maxGuestMemory: u64.default(1n << 47n).meta({ description: 'highest guest address + 1; U64_MAX: no ceiling' }),
    freeMemory: u64
      .default((1n << 64n) - 1n)
      .meta({ description: 'bytes that guest tables, bounce buffers and migration state may take; U64_MAX: no bound' }),
    cmma: z.boolean().default(true),
    protectedVirtualization: z.boolean().default(true),
    asyncDestroy: z
      .boolean()
      .optional()
      .meta({ description: 'the module option for asynchronous destruction of protected VMs; absent: on' }),
    ucontrol: z.boolean().default(true).meta({ description: 'privilege and kernel option for UCONTROL VMs' }),
    facilities: z
      .array(z.int().min(0).max(16383))
      .max(16384)
      .default(S390X_FACILITIES)
      .transform((bits) => [...new Set(bits)].sort((a, b) => a - b))
      .meta({ description: 'STFLE bit numbers; replaces the default list' }),
    cpuid: u64.optional(),
    ibc: u32.optional().meta({ description: 'lowest IBC << 16 | unblocked IBC' }),
    feat: bitList(FEAT_SIZE).optional().meta({ description: 'bit numbers of CPU features' }),
    subfunc: subfunc.optional().meta({ description: 'blocks of query results by name, in hex; missing ones are zero' }),
    apInstructions: z.boolean().optional(),
    hpage: z.boolean().optional().meta({ description: 'module option for large pages' }),
  })
  .meta({ id: 'S390xHost' });

export type S390xHost = z.output<typeof s390xHost>;

/** Labels of a VM: short text by short name. */
const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ / -'), text(255))
  .refine((all) => Object.keys(all).length <= 64, 'at most 64 labels');

/** KVM_CREATE_VM and what the service adds to it: names, semantics and the machine underneath. */
export const createVm = z.strictObject({
  type: z.literal('create_vm'),
  name: text(255).default(''),
  arch: z.enum(['s390x']),
  vmType: z.enum(['default', 'ucontrol']).default('default'),
  semantics: z.enum(['documented', 'kernel']).default('documented'),
  host: s390xHost.prefault({}),
  labels: labels.default({}),
});

/** The end of a VM; its journal stays. */
export const destroyVm = z.strictObject({ type: z.literal('destroy_vm') });

/** A VM's id, as the service makes them (UUIDv7) or as a client chose it. */
export const vmId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ -, the first a letter or digit')
  .meta({ id: 'VmId' });
