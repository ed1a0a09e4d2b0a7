import type Database from 'better-sqlite3';
import { TILE_WIDTH } from '../../domain/audit/tlog/tile.js';
import { TreeBuilder } from '../../domain/audit/tlog/tree-builder.js';
import { digester } from '../digester.js';
import { sqliteTree } from './sqlite-tree.js';

/** Records whose hashes are caught up on in one transaction. */
const STEP = 65_536;

/** Keeps the table `tree` in the transactions that append records. */
export class TreeKeeper {
  private builder = new TreeBuilder(digester);
  private readonly tree;
  private readonly sql;

  constructor(private readonly db: Database.Database) {
    this.tree = sqliteTree(db);
    this.sql = {
      last: db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM records').pluck(),
      kept: db
        .prepare<[number], number>('SELECT (count(*) IS max(idx) + 1) * count(*) FROM tree WHERE level = 1 AND idx < ?')
        .pluck(),
      insert: db.prepare<[number, number, Uint8Array]>('INSERT OR REPLACE INTO tree VALUES (?, ?, ?)'),
    } as const;
  }

  /** Makes the tree of what the file holds already, if it was written before there was one. */
  catchUp(): void {
    const last = this.sql.last.get() ?? 0;
    const step = this.db.transaction((size: number) => this.resume(size));
    for (let at = this.kept(last); at + TILE_WIDTH <= last; at += STEP) step.immediate(Math.min(at + STEP, last));
  }

  /** Goes on after `size` records. */
  resume(size: number): void {
    const kept = this.kept(size);
    this.builder = TreeBuilder.resume(kept, this.tree, (level, index, _hashes, hash) =>
      this.sql.insert.run(level + 1, index, hash),
    );
    for (const leafHash of size > kept ? this.tree.read(0, kept, size) : []) this.builder.push(leafHash);
  }

  /** Takes the leaf hash of the next record. */
  push(leafHash: Uint8Array): void {
    this.builder.push(leafHash);
  }

  /** Records below the hashes of level 1, of the first `size`; 0 if one of the hashes is missing. */
  private kept(size: number): number {
    return (this.sql.kept.get(Math.floor(size / TILE_WIDTH)) ?? 0) * TILE_WIDTH;
  }
}
