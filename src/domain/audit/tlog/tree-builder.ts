import { type Hashing, emptyRoot, rootOf } from './merkle.js';
import type { Tree } from './proof.js';
import { TILE_WIDTH, entriesBelow, levelWidth } from './tile.js';

/** Told of each full tile: its hashes, and the one that stands for it at the level above. */
export type FullTile = (level: number, index: number, hashes: readonly Uint8Array[], hash: Uint8Array) => void;

/**
 * The tree over a sequence of leaf hashes, however long, in the memory of one unfinished tile a level
 * (RFC 6962, section 2.1; C2SP tlog-tiles).
 */
export class TreeBuilder {
  /** The unfinished tile of each level. */
  private readonly open: Uint8Array[][] = [];
  private count = 0;

  constructor(
    private readonly hashing: Hashing,
    private readonly full: FullTile = () => undefined,
  ) {}

  /** A builder that goes on where a tree of `size` entries ended. */
  static resume(size: number, { read, hashing }: Tree, full?: FullTile): TreeBuilder {
    const builder = new TreeBuilder(hashing, full);
    builder.count = size;
    for (let level = 0; entriesBelow(level) <= size; level++) {
      const width = levelWidth(level, size);
      const start = width - (width % TILE_WIDTH);
      builder.open.push(start < width ? [...read(level, start, width)] : []);
    }
    return builder;
  }

  /** Leaf hashes so far. */
  get size(): number {
    return this.count;
  }

  push(leafHash: Uint8Array): void {
    this.count++;
    this.add(0, leafHash);
  }

  /** The hashes of the unfinished tile of each level, level 0 first. */
  partialTiles(): readonly (readonly Uint8Array[])[] {
    return this.open;
  }

  /** The root of the tree over what was pushed. */
  root(): Uint8Array {
    let below: Uint8Array | undefined;
    for (const hashes of this.open) {
      const all = below === undefined ? hashes : [...hashes, below];
      if (all.length > 0) below = rootOf(all, this.hashing);
    }
    return below ?? emptyRoot(this.hashing);
  }

  private add(level: number, hash: Uint8Array): void {
    const tile = (this.open[level] ??= []);
    tile.push(hash);
    if (tile.length < TILE_WIDTH) return;
    this.open[level] = [];
    const above = rootOf(tile, this.hashing);
    this.full(level, this.count / entriesBelow(level + 1) - 1, tile, above);
    this.add(level + 1, above);
  }
}
