import { MARK } from '../../memory/frame-marks.js';
import { accOf, keyAllows } from '../../memory/storage-key.js';
import type { AccessContext } from './access-context.js';
import { ASCE, type Asce } from './asce.js';

/** The access-control bits that storage-protection override stands for (PoP, "Storage-Protection-Override Control"). */
const OVERRIDE_ACC = 9;

/** Fetch-protection override reaches this many bytes from address 0 (PoP, "Fetch-Protection-Override Control"). */
const OVERRIDE_END = 2048;

/**
 * Whether low-address protection stops a store to an effective address: 0-511 and 4096-4607, unless through a private space
 * (PoP, "Low-Address Protection"; low_address_protection_enabled, is_low_address).
 */
export function lowAddressProtected(context: AccessContext, asce: Asce, high: number, low: number): boolean {
  if (!context.lowAddressProtection || (asce.low & ASCE.private) !== 0) return false;
  return high === 0 && (low & ~0x11ff) === 0;
}

/** A piece of a range in one page: its effective address in two words, its length, and the absolute frame. */
export interface Piece {
  readonly high: number;
  readonly low: number;
  readonly size: number;
  readonly frame: number;
}

/**
 * Whether key-controlled protection lets a logical access pass, overrides included (PoP, "Key-Controlled Protection";
 * vcpu_check_access_key_gpa).
 *
 * @param accessKey 0 to 15
 */
export function keyPasses(
  context: AccessContext,
  asce: Asce,
  accessKey: number,
  { high, low, size, frame }: Piece,
  store: boolean,
): boolean {
  if (accessKey === 0) return true;
  const keyed = context.userFrame ? context.userFrame(frame) : frame;
  const key = keyed === undefined ? 0 : context.memory.marks.get(keyed) & MARK.key;
  if (keyAllows(key, accessKey, store)) return true;
  const overridable = !store && context.fetchProtectionOverride && (asce.low & ASCE.private) === 0;
  if (overridable && high === 0 && low + size <= OVERRIDE_END) return true;
  return context.storageProtectionOverride && accOf(key) === OVERRIDE_ACC;
}
