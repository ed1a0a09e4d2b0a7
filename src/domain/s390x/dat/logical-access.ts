import { type Fragment, PAGE_SIZE } from '../../memory/address.js';
import type { AccessContext } from './access-context.js';
import { type Asce } from './asce.js';
import { codeOf, fault, reasonOf, STOPS } from './fault.js';
import { type ProgramException, PGM, nameOf } from './program-exception.js';
import { type Piece, keyPasses, lowAddressProtected } from './protection.js';
import { type WalkObserver, walk } from './walk.js';
import { doublewordOf } from '../model/words.js';

/** A logical access: the effective address of its first byte in two words, its length in bytes (not 0), its kind. */
export interface LogicalAccess {
  readonly high: number;
  readonly low: number;
  readonly size: number;
  readonly store: boolean;
}

/** What stopped an access, and the effective address of the piece that it stopped at. */
export interface AccessFault {
  readonly fault: number;
  readonly high: number;
  readonly low: number;
}

/** A piece of an access in one page, translated. */
export type Located = Piece & Fragment;

/** The pieces that an access reached, in order, and what stopped it before the rest, if anything did. */
export interface Location {
  readonly pieces: readonly Located[];
  readonly stopped?: AccessFault | undefined;
  /** The piece whose key stopped an access that was under way. */
  readonly refused?: Located;
}

/** The effective address of a logical one. */
export const effective = (
  { mode }: Pick<AccessContext, 'mode'>,
  high: number,
  low: number,
): { high: number; low: number } => ({
  high: (high & mode.high) >>> 0,
  low: (low & mode.low) >>> 0,
});

/** The byte at an effective address, and what is to be done with it. */
export interface ByteAccess {
  readonly high: number;
  readonly low: number;
  readonly store: boolean;
  readonly instruction: boolean;
}

/** The absolute frame of a byte, or a fault: low-address protection first, then translation. */
export function locateByte(
  context: AccessContext,
  asce: Asce,
  { high, low, store, instruction }: ByteAccess,
  observer?: WalkObserver,
): number {
  if (store && lowAddressProtected(context, asce, high, low)) return fault('low_address_protection', 'protection');
  return walk(context, asce, high, low, store, instruction, observer);
}

/**
 * Translates an access page by page: low-address protection, DAT, and key-controlled protection with `accessKey` (0 leaves it
 * out). Addresses wrap as the addressing mode has it (guest_range_to_gpas, check_gva_range).
 */
export function locate(
  context: AccessContext,
  asce: Asce,
  { high: firstHigh, low: firstLow, size, store }: LogicalAccess,
  accessKey: number,
): Location {
  const { mode } = context;
  const pieces: Located[] = [];
  let high = firstHigh;
  let low = firstLow;
  for (let left = size; left > 0;) {
    const offset = low & 0xfff;
    const length = Math.min(left, PAGE_SIZE - offset);
    const frame = locateByte(context, asce, { high, low, store, instruction: false });
    if (frame < 0) return { pieces, stopped: { fault: frame, high, low } };
    const piece = { frame, offset, size: length, high, low };
    if (!keyPasses(context, asce, accessKey, piece, store)) return { pieces, stopped: keyFault(piece) };
    pieces.push(piece);
    left -= length;
    const next = low + length;
    if (next > 0xffffffff) high = (high + 1) & mode.high & 0xffffffff;
    high >>>= 0;
    low = (next & mode.low) >>> 0;
  }
  return { pieces };
}

/** Key-controlled protection of pieces that are translated already, in order. */
export function passKeys(
  context: AccessContext,
  asce: Asce,
  pieces: readonly Located[],
  accessKey: number,
  store: boolean,
): Location {
  if (accessKey === 0) return { pieces };
  const refused = pieces.findIndex((piece) => !keyPasses(context, asce, accessKey, piece, store));
  const piece = pieces[refused];
  if (piece === undefined) return { pieces };
  return { pieces: pieces.slice(0, refused), stopped: keyFault(piece), refused: piece };
}

const keyFault = ({ high, low }: Piece): AccessFault => ({ fault: fault('key_protection', 'protection'), high, low });

/** What the record of a program interruption says of the access. */
interface Cause {
  readonly ar: number;
  readonly store: boolean;
  /** Whether something was stored already: the operation was terminated, not suppressed. */
  readonly terminated?: boolean;
}

/** The program interruption of a fault, with its TEID (PoP, "Translation-Exception Identification"; trans_exc_ending). */
export function programException(
  { space }: AccessContext,
  { fault: value, high, low }: AccessFault,
  { ar, store, terminated = false }: Cause,
): ProgramException {
  const code = codeOf(value);
  const name = nameOf(code);
  const { teid, accessId } = PGM[name];
  const indication = store && reasonOf(value) !== 'instruction_execution_protection' ? 0x400 : 0x800;
  const protection = terminated ? 0 : STOPS[reasonOf(value)].teidBits;
  const bits = indication | protection | space;
  return {
    code,
    name,
    ...(teid && { transExcCode: doublewordOf(high, ((low & ~0xfff) | bits) >>> 0) }),
    ...(accessId && { excAccessId: ar }),
  };
}
