import { Bell, eventually } from './eventually.js';

const quick = { step: 1000, pause: () => Promise.resolve() };

describe('what a test waits for', () => {
  it('is answered once it is there, however often something else is', async () => {
    let count = 0;
    const is = (seen: number): boolean => seen === 100;
    expect(await eventually(() => ++count, is, quick)).toBe(100);
  });

  it('is given up, with what there is instead, once that has stayed the same', async () => {
    const looks: number[] = [];
    const look = (): number => Math.min(looks.push(0), 3);
    await expect(eventually(look, () => false, quick)).rejects.toThrow('what was waited for never came, but 3');
    expect(looks).toHaveLength(3 + 20);
  });

  it('is looked for whenever a bell rings', async () => {
    const bell = new Bell();
    let count = 0;
    const found = bell.until(
      () => count,
      (seen) => seen === 2,
    );
    for (let i = 0; i < 2; i++) {
      await Promise.resolve();
      count++;
      bell.ring();
    }
    expect(await found).toBe(2);
  });
});
