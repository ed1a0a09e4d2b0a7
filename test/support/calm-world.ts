import { type World, world } from '../../src/infra/world.js';

/** Most milliseconds that go by between two looks at the clock. */
const MOST = 20;

/** A world whose clock goes on like the machine's, but for the time in which a busy machine let the process stand still: no token expires meanwhile. */
export function calmWorld(): World {
  let looked = performance.now();
  let time = Date.now();
  const now = (): Date => {
    const before = looked;
    looked = performance.now();
    time += Math.min(looked - before, MOST);
    return new Date(time);
  };
  return { ...world, now };
}
