import type { AccessContext } from './access-context.js';
import { type ArObserver, translateAccessRegister } from './access-registers.js';
import { SPACE } from './address-mode.js';
import { ASCE, type Asce, asceOf } from './asce.js';

/** Stands for DAT off: a real space that is not private (get_vcpu_asce). */
const NO_DAT: Asce = { high: 0, low: ASCE.realSpace };

/** Which control register holds the ASCE of an address space, by PSW bits 16-17; none in access-register mode. */
const CONTROL_REGISTER: readonly (number | undefined)[] = [1, undefined, 7, 13];

/**
 * The ASCE that an access goes through, or a fault of access-register translation (get_vcpu_asce). An instruction fetch takes
 * the home space if that is the PSW's, else the primary space.
 *
 * @param ar access register, 0 to 15; used in access-register mode only
 */
export function selectAsce(
  context: AccessContext,
  ar: number,
  store: boolean,
  instruction: boolean,
  observer?: ArObserver,
): Asce | number {
  if (!context.dat) return NO_DAT;
  const space = instruction && context.space !== SPACE.home ? SPACE.primary : context.space;
  const cr = CONTROL_REGISTER[space];
  if (cr === undefined) return translateAccessRegister(context, ar, store, observer);
  return asceOf(context.registers.crs[cr] ?? 0n);
}
