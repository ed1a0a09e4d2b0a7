import { entryBundle } from '../../domain/audit/tlog/entry-bundle.js';
import { TILE_WIDTH, type Tile } from '../../domain/audit/tlog/tile.js';
import type { Journal } from '../journal/journal.js';
import type { Tree } from '../../domain/audit/tlog/proof.js';

/** What tiles are made of. */
export interface TileSource {
  readonly journal: Journal;
  readonly log: { readonly tree: Tree };
}

/** The bytes of a tile of hashes, or of a bundle of entries (C2SP tlog-tiles), that the tree has. */
export async function tileBytes({ journal, log }: TileSource, { level, index, width }: Tile): Promise<Uint8Array> {
  const start = index * TILE_WIDTH;
  if (level !== 'entries') return Buffer.concat(log.tree.read(level, start, start + width));
  const records = await journal.read({ after: start, limit: width });
  return entryBundle(records.map(({ bytes }) => bytes));
}
