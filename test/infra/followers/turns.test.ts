import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turns } from '../../../src/infra/followers/turns.js';

/** Keeps the process busy. */
function work(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

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

  it('let other work in between, however many want one', async () => {
    const turns = new Turns();
    let inARow = 0;
    let most = 0;
    const timer = setInterval(() => (inARow = 0), 1);
    await Promise.all(
      [...Array(200).keys()].map(async () => {
        await turns.take();
        work(1);
        most = Math.max(most, ++inARow);
      }),
    );
    clearInterval(timer);
    expect(most).toBeLessThan(20);
  });

  it('leave half of the time to others', async () => {
    const turns = new Turns();
    const began = performance.now();
    await Promise.all(
      [...Array(100).keys()].map(async () => {
        await turns.take();
        work(1);
      }),
    );
    expect(performance.now() - began).toBeGreaterThan(180);
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
