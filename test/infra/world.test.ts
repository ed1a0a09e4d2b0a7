import { world } from '../../src/infra/world.js';

describe('random bytes', () => {
  it('are as many as were asked for, and never the same', () => {
    const sizes = [32, 32, 1, 8192, 32, 10_000, 32];
    const given = sizes.map((size) => world.random(size));
    expect(given.map(({ length }) => length)).toEqual(sizes);
    const salts = Array.from({ length: 2000 }, () => Buffer.from(world.random(32)).toString('hex'));
    expect(new Set(salts).size).toBe(2000);
  });

  it('stay what they were when more are given out', () => {
    const first = world.random(32);
    const copy = first.slice();
    for (let i = 0; i < 1000; i++) world.random(32);
    expect(first).toEqual(copy);
    expect(first).not.toEqual(new Uint8Array(32));
  });
});

describe('new ids', () => {
  it('sort by time', () => {
    const ids = Array.from({ length: 100 }, () => world.newId());
    expect([...ids].sort()).toEqual(ids);
  });
});
