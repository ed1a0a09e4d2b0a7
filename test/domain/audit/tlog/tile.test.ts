import fc from 'fast-check';
import { type Tile, isWithin, tileAt, tilePath, tilesOf } from '../../../../src/domain/audit/tlog/tile.js';

const summary = (level: Tile['level'], size: number): string[] => [...tilesOf(level, size)].map(tilePath);

describe('the path of a tile', () => {
  it.each<[Tile, string]>([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 999, width: 256 }, 'tile/0/999'],
    [{ level: 0, index: 1000, width: 1 }, 'tile/0/x001/000.p/1'],
    // C2SP tlog-tiles, "Merkle Tree": index 1234067.
    [{ level: 1, index: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 63, index: 0, width: 255 }, 'tile/63/000.p/255'],
    [{ level: 'entries', index: 67, width: 8 }, 'tile/entries/067.p/8'],
  ])('of %j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(tileAt(path)).toEqual(tile);
  });

  it('is read back whatever the tile', () => {
    fc.assert(
      fc.property(
        fc.record({
          level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
          index: fc.oneof(fc.nat(2000), fc.nat(2 ** 45)),
          width: fc.integer({ min: 1, max: 256 }),
        }),
        (tile) => expect(tileAt(tilePath(tile))).toEqual(tile),
      ),
    );
  });

  it.each([
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/x/000',
    'tile/0/0',
    'tile/0/1000',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/x001/x002',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p',
    'tile/0/000/',
    'tile/0/000.p/1/2',
    'tile/0/x001/x001/x001/x001/x001/x001/001',
    'tile/entries/0x1',
    'tile/0/000\n',
    '/tile/0/000',
    '',
  ])('is never %j', (path) => expect(tileAt(path)).toBeUndefined());
});

describe('the tiles of a tree', () => {
  it('of 70,000 entries are those of the example (C2SP tlog-tiles, "Partial Tiles")', () => {
    const level0 = summary(0, 70_000);
    expect([level0.length, level0[272], level0[273]]).toEqual([274, 'tile/0/272', 'tile/0/273.p/112']);
    expect(summary(1, 70_000)).toEqual(['tile/1/000', 'tile/1/001.p/17']);
    expect(summary(2, 70_000)).toEqual(['tile/2/000.p/1']);
    expect(summary(3, 70_000)).toEqual([]);
    expect(summary('entries', 70_000).at(-1)).toBe('tile/entries/273.p/112');
  });

  it('of 256 entries are a full one and a partial one above', () => {
    expect(summary(0, 256)).toEqual(['tile/0/000']);
    expect(summary(1, 256)).toEqual(['tile/1/000.p/1']);
  });

  it('of no entries are none', () => expect(summary(0, 0)).toEqual([]));

  it.each<[string, number, boolean]>([
    ['tile/0/000.p/5', 5, true],
    ['tile/0/000.p/6', 5, false],
    ['tile/0/000', 255, false],
    ['tile/0/000', 256, true],
    ['tile/1/000.p/1', 255, false],
    ['tile/1/000.p/1', 256, true],
    ['tile/entries/001.p/1', 256, false],
    ['tile/entries/001.p/1', 257, true],
  ])('%s is in a tree of %i: %s', (path, size, within) => expect(isWithin(tileAt(path) as Tile, size)).toBe(within));
});
