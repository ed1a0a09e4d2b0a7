import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { type Checkpoint } from '../../domain/audit/tlog/checkpoint.js';
import { entryBundle } from '../../domain/audit/tlog/entry-bundle.js';
import { type VerifierKey, keyText } from '../../domain/audit/tlog/key.js';
import { leafHashOf, sameBytes } from '../../domain/audit/tlog/merkle.js';
import { noteText } from '../../domain/audit/tlog/note.js';
import { TILE_WIDTH, type Tile, tilePath } from '../../domain/audit/tlog/tile.js';
import { TreeBuilder } from '../../domain/audit/tlog/tree-builder.js';
import { Breath } from '../breath.js';
import { digester } from '../digester.js';
import { openForReading } from '../journal/connection.js';

/** The records of a ledger are not those that its checkpoint signed. */
export class ExportError extends Error {}

/** A log to be written out. */
export interface ExportOptions {
  /** The ledger's file. */
  readonly file: string;
  /** Made if absent. Files that it has already are written over. */
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  readonly key: VerifierKey;
  readonly progress?: (done: number, total: number) => void;
}

/** Writes a file whole or not at all: the checkpoint of an earlier export may speak of what is there. */
async function write(folder: string, path: string, content: Uint8Array | string): Promise<void> {
  const file = join(folder, path);
  const partial = `${file}.new`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(partial, content);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Records in groups of a full bundle, each read by itself, so that nothing is held open while files are written. */
function* bundles(db: Database.Database, size: number): Generator<Buffer[]> {
  const select = db
    .prepare<[number, number], Buffer>(
      'SELECT bytes FROM records WHERE position > ? AND position <= ? ORDER BY position',
    )
    .pluck();
  for (let at = 0; at < size; at += TILE_WIDTH) yield select.all(at, Math.min(at + TILE_WIDTH, size));
}

/** @throws ExportError unless a tree is that of a checkpoint */
function assertSigned({ size, root }: Checkpoint, tree: TreeBuilder): void {
  if (tree.size !== size || !sameBytes(tree.root(), root))
    throw new ExportError(`the first ${size} records are not those that were signed; see vmledger verify`);
}

/** @throws ExportError unless the records are those that a checkpoint signed */
async function check(db: Database.Database, checkpoint: Checkpoint, progress: (done: number) => void): Promise<void> {
  const tree = new TreeBuilder(digester);
  const breath = new Breath();
  for (const entries of bundles(db, checkpoint.size)) {
    for (const entry of entries) tree.push(leafHashOf(entry, digester));
    progress(tree.size);
    await breath.take();
  }
  assertSigned(checkpoint, tree);
}

/**
 * Writes the log up to a checkpoint as a folder of files, each at its path below the log's prefix (C2SP tlog-tiles), so that
 * any web server can serve it. The checkpoint comes last: a folder that has one has all that it speaks of.
 *
 * @throws ExportError if the records are not those that were signed: nothing was written then
 */
export async function exportLog({ file, folder, checkpoint, key, progress }: ExportOptions): Promise<void> {
  const { size } = checkpoint;
  const full: { readonly tile: Tile; readonly hashes: readonly Uint8Array[] }[] = [];
  const tree = new TreeBuilder(digester, (level, index, hashes) =>
    full.push({ tile: { level, index, width: TILE_WIDTH }, hashes }),
  );
  const db = openForReading({ file });
  try {
    await check(db, checkpoint, (done) => progress?.(done, 2 * size));
    let index = 0;
    for (const entries of bundles(db, size)) {
      await write(folder, tilePath({ level: 'entries', index, width: entries.length }), entryBundle(entries));
      for (const entry of entries) tree.push(leafHashOf(entry, digester));
      for (const { tile, hashes } of full.splice(0)) await write(folder, tilePath(tile), Buffer.concat(hashes));
      index++;
      progress?.(size + tree.size, 2 * size);
    }
  } finally {
    db.close();
  }
  assertSigned(checkpoint, tree);
  for (const [level, hashes] of tree.partialTiles().entries()) {
    if (hashes.length === 0) continue;
    const tile = { level, index: Math.floor(size / TILE_WIDTH ** (level + 1)), width: hashes.length };
    await write(folder, tilePath(tile), Buffer.concat(hashes));
  }
  await write(folder, 'key', `${keyText(key)}\n`);
  await write(folder, 'checkpoint', noteText(checkpoint.note));
}
