import type Database from 'better-sqlite3';
import { rootOf } from '../../domain/audit/tlog/merkle.js';
import type { Tree } from '../../domain/audit/tlog/proof.js';
import { TILE_WIDTH } from '../../domain/audit/tlog/tile.js';
import { digester } from '../digester.js';

/**
 * The tree over a journal's records. The hashes of full tiles are kept in the table `tree`; one that is not there is made of
 * those below it, so that a table that was dropped costs time and nothing else.
 */
export function sqliteTree(db: Database.Database): Tree {
  const leaves = db
    .prepare<[number, number], Buffer>(
      'SELECT leaf_hash FROM records WHERE position > ? AND position <= ? ORDER BY position',
    )
    .pluck();
  const kept = db
    .prepare<[number, number, number], Buffer>(
      'SELECT hash FROM tree WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx',
    )
    .pluck();
  const read = (level: number, from: number, to: number): readonly Uint8Array[] => {
    const found = level === 0 ? leaves.all(from, to) : kept.all(level, from, to);
    if (found.length === to - from) return found;
    if (level === 0) throw new Error(`of the records ${from + 1} to ${to} only ${found.length} are there`);
    return Array.from({ length: to - from }, (_, i) => {
      const start = (from + i) * TILE_WIDTH;
      return rootOf(read(level - 1, start, start + TILE_WIDTH), digester);
    });
  };
  return { read, hashing: digester };
}
