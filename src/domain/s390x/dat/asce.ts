import { highWord, lowWord } from '../model/words.js';

/** An address-space-control element, as two words (PoP, "Address-Space-Control Element"). */
export interface Asce {
  readonly high: number;
  readonly low: number;
}

/** Fields of an ASCE, all in its lower word: private space, real space, designation type, table length. */
export const ASCE = { private: 0x100, realSpace: 0x20, type: 0x0c, typeShift: 2, length: 0x03 } as const;

/** An ASCE as a control register holds it. */
export const asceOf = (value: bigint): Asce => ({ high: highWord(value), low: lowWord(value) });
