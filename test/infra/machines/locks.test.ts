import { setImmediate } from 'node:timers/promises';
import { Locks } from '../../../src/infra/machines/locks.js';

describe('locks', () => {
  it('are had by one at a time, in the order in which they were asked for', async () => {
    const locks = new Locks();
    const order: string[] = [];
    const work = async (name: string, ...names: string[]): Promise<void> => {
      const unlock = await locks.take(names);
      order.push(`${name} begins`);
      await setImmediate();
      order.push(`${name} ends`);
      unlock();
    };
    await Promise.all([work('1', 'a', 'b'), work('2', 'b', 'c'), work('3', 'c', 'a')]);
    expect(order).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
  });

  it('of other names do not wait', async () => {
    const locks = new Locks();
    await locks.take(['a']);
    const unlock = await locks.take(['b']);
    expect(unlock).toEqual(expect.any(Function));
  });

  it('can be asked for in any order without anyone waiting for ever', async () => {
    const locks = new Locks();
    const turns = Array.from({ length: 50 }, async (_, i) => {
      const unlock = await locks.take(i % 2 === 0 ? ['a', 'b', 'a'] : ['b', 'a']);
      await setImmediate();
      unlock();
      return i;
    });
    expect(await Promise.all(turns)).toHaveLength(50);
  });
});
