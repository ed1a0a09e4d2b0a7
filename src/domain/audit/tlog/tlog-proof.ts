import { base64 } from '../../json.js';
import { fromBase64 } from './base64.js';
import { HASH_SIZE } from './merkle.js';

const HEADER = 'c2sp.org/tlog-proof@v1';

/** Hashes of a proof at most: a tree has no more levels. */
export const MAX_PROOF = 63;

/** That one entry is in a log: a `tlog-proof@v1` file (C2SP tlog-proof, "Format"). */
export interface TlogProof {
  /** The entry's index, from 0: the record's position less 1. */
  readonly index: number;
  /** The inclusion proof, the leaf's sibling first. */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint as the log published it. */
  readonly checkpoint: string;
}

/** Hashes as lines of base64, each with its newline. */
export const hashLines = (hashes: readonly Uint8Array[]): string => hashes.map((hash) => `${base64(hash)}\n`).join('');

/** The text of a proof. */
export const tlogProofText = ({ index, hashes, checkpoint }: TlogProof): string =>
  `${HEADER}\nindex ${index}\n${hashLines(hashes)}\n${checkpoint}`;

const TEXT = /^c2sp\.org\/tlog-proof@v1\n(?:extra \S*\n)?index (0|[1-9]\d{0,15})\n((?:\S+\n)*)\n([^]*)$/;

/** Reads a proof; undefined if it is none. Nothing in it is checked, and what `extra` says is not looked at. */
export function parseTlogProof(text: string): TlogProof | undefined {
  const [found, index = '', lines = '', checkpoint = ''] = TEXT.exec(text) ?? [];
  const hashes = lines.split('\n').slice(0, -1).map(fromBase64);
  const sound = hashes.length <= MAX_PROOF && hashes.every((hash) => hash?.length === HASH_SIZE);
  if (found === undefined || !sound) return undefined;
  return { index: Number(index), hashes: hashes as Uint8Array[], checkpoint };
}
