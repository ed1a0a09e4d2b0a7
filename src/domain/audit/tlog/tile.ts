/** Hashes of a full tile, and entries of a full bundle (C2SP tlog-tiles, "Merkle Tree"). */
export const TILE_WIDTH = 256;

/** Levels of the tree from one level of tiles to the next. */
export const TILE_HEIGHT = 8;

/** Where a tile is: its level, or `entries` for a bundle, its index there, and how many hashes or entries it has. */
export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256. */
  readonly width: number;
}

/** Entries below one hash of a level: 256^level. */
export const entriesBelow = (level: number): number => TILE_WIDTH ** level;

/** Hashes that a level of a tree of `size` entries has: only full subtrees have one. */
export const levelWidth = (level: number, size: number): number => Math.floor(size / entriesBelow(level));

/** The level that tells a tile's place among the entries: bundles lie as the tiles of level 0. */
const levelOf = ({ level }: Pick<Tile, 'level'>): number => (level === 'entries' ? 0 : level);

/** Whether a tree of `size` entries has all hashes of a tile. */
export const isWithin = (tile: Tile, size: number): boolean =>
  tile.index * TILE_WIDTH + tile.width <= levelWidth(levelOf(tile), size);

/** All tiles of a level of a tree, the last one perhaps partial; a level without hashes has none. */
export function* tilesOf(level: Tile['level'], size: number): Generator<Tile> {
  const width = levelWidth(levelOf({ level }), size);
  for (let index = 0; index * TILE_WIDTH < width; index++)
    yield { level, index, width: Math.min(TILE_WIDTH, width - index * TILE_WIDTH) };
}

/** An index in path elements of three digits, of which all but the last begin with an x: `x001/x234/067`. */
function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** The path of a tile below the log's prefix, as in `tile/0/x001/234.p/8`. */
export const tilePath = ({ level, index, width }: Tile): string =>
  `tile/${level}/${indexPath(index)}${width < TILE_WIDTH ? `.p/${width}` : ''}`;

const PATH = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The tile that a path names, or undefined if it names none: every tile has exactly one path. */
export function tileAt(path: string): Tile | undefined {
  const [, level = '', elements = '', partial] = PATH.exec(path) ?? [];
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(elements.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  return tilePath(tile) === path && (tile.level === 'entries' || tile.level < 64) ? tile : undefined;
}
