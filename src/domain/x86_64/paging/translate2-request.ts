import { maskOf } from '../../shapes/scalars.js';
import { TRANSLATE2_FLAGS, type Translate2Request } from '../../shapes/x86-access.js';
import { ACCESS } from './permissions.js';

/** What a request asks for. */
export interface RequestBits {
  readonly setAccessed: boolean;
  readonly setDirty: boolean;
  readonly force: boolean;
  /** Bits of ACCESS. */
  readonly access: number;
}

const { set_accessed, set_dirty, force_set_accessed } = TRANSLATE2_FLAGS;
const KNOWN = 7n;

/**
 * What the flags and kinds of access of a request ask for; undefined if they are invalid: unknown bits, the other flags without
 * `set_accessed`, `set_dirty` without `write` (kvm_vcpu_ioctl_translate2; x86-translate section 2).
 */
export function requestBits({ flags, access }: Pick<Translate2Request, 'flags' | 'access'>): RequestBits | undefined {
  const flagMask = maskOf(TRANSLATE2_FLAGS, flags);
  const accessMask = maskOf(ACCESS, access);
  if (flagMask > KNOWN || accessMask > KNOWN) return undefined;
  const asked = Number(flagMask);
  const bits = {
    setAccessed: (asked & set_accessed) !== 0,
    setDirty: (asked & set_dirty) !== 0,
    force: (asked & force_set_accessed) !== 0,
    access: Number(accessMask),
  };
  if (!bits.setAccessed && (bits.setDirty || bits.force)) return undefined;
  return bits.setDirty && (bits.access & ACCESS.write) === 0 ? undefined : bits;
}
