import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Turns } from '../../../src/infra/followers/turns.js';

describe('turns', () => {
  it('are taken in the order in which they were asked for', async () => {
    const turns = new Turns();
    const order: number[] = [];
    await Promise.all(
      [...Array(100).keys()].map(async (i) => {
        await turns.take();
        order.push(i);
      }),
    );
    expect(order).toEqual([...Array(100).keys()]);
  });

  it('can be asked for again in a turn', async () => {
    const turns = new Turns();
    for (let i = 0; i < 1000; i++) await turns.take();
    await sleep(1);
    await turns.take();
  });

  /** So many take a turn and work for so long; answers how many turns there were before each rest, and what rests there were. */
  async function worked(takers: number, milliseconds: number) {
    let now = 0;
    const inARow = [0];
    const rests: number[] = [];
    const rest = async (asked: number): Promise<void> => {
      rests.push(asked);
      inARow.push(0);
      await setImmediate();
      now += asked;
    };
    const turns = new Turns({ now: () => now, rest });
    await Promise.all(
      [...Array(takers).keys()].map(async () => {
        await turns.take();
        now += milliseconds;
        inARow.push((inARow.pop() ?? 0) + 1);
      }),
    );
    return { inARow, rests };
  }

  it('let other work in between, however many want one', async () => {
    const { inARow } = await worked(200, 1);
    expect(Math.max(...inARow)).toBe(2);
  });

  it.each([0.5, 1, 7])('leave half of the time to others, where each takes %d ms', async (milliseconds) => {
    const { rests } = await worked(100, milliseconds);
    expect(rests.reduce((sum, rest) => sum + rest, 0)).toBe(100 * milliseconds);
  });

  it('come after what the process has to do now', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const taken = turns.take().then(() => order.push('turn'));
    for (let i = 0; i < 10; i++) await Promise.resolve();
    order.push('answer');
    await taken;
    expect(order).toEqual(['answer', 'turn']);
  });
});
