import { z } from 'zod';
import { FAC_LIST_SIZE, FEAT_SIZE, subfunc } from '../../shapes/cpu-model.js';
import { bitList } from '../../shapes/bitmap.js';
import { u16, u64, u8 } from '../../shapes/scalars.js';
import { fact } from './fact.js';

/** SHA-256 in hex. */
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);

/** Facts about CPU model, clock, crypto controls, topology and capabilities. */
export const attributeEvents = [
  /** `ibc` is what the payload's led to; `facilities` its facility list. */
  fact('cpu_processor_set', { cpuid: u64, ibc: u16, facilities: bitList(FAC_LIST_SIZE) }),
  fact('cpu_feat_set', { feat: bitList(FEAT_SIZE) }),
  fact('cpu_subfunc_set', { subfunc }),
  fact('cpu_uv_feat_guest_set', { value: u64 }),
  /** What the guest's clock is ahead of the host's. */
  fact('tod_set', { epdx: u8, epoch: u64 }),
  /** `fingerprint` is SHA-256 of the new wrapping key; absent where wrapping is off. */
  fact('key_wrapping_set', {
    algorithm: z.enum(['aes', 'dea']),
    enabled: z.boolean(),
    fingerprint: fingerprint.optional(),
  }),
  fact('ap_interpretation_set', { enabled: z.boolean() }),
  /** The guest will be told, or not, that its configuration topology changed (MTCR). */
  fact('topology_change_set', { pending: z.boolean() }),
  /** `facilities` came into mask and list with it. */
  fact('capability_enabled', { capability: z.string(), facilities: bitList(FAC_LIST_SIZE) }),
] as const;
