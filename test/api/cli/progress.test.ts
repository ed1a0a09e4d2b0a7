import { Progress } from '../../../src/api/cli/progress.js';

function drawn(isTTY: boolean, times: readonly number[]): string[] {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress('verify', { isTTY, write: (text) => written.push(text) }, () => now);
  for (const time of times) {
    now = time;
    progress.step(time, 4000);
  }
  progress.end();
  return written;
}

describe('a progress bar', () => {
  it('is drawn once the work has taken a second, ten times a second at most, and taken away', () =>
    expect(drawn(true, [10, 999, 1000, 1050, 1100, 2000, 4000])).toEqual([
      '\rverify [########......................] 25% 1000/4000',
      '\rverify [########......................] 27% 1100/4000',
      '\rverify [###############...............] 50% 2000/4000',
      '\rverify [##############################] 100% 4000/4000',
      '\r\u001b[K',
    ]));

  it('is not drawn for what is quick', () => expect(drawn(true, [10, 500, 999])).toEqual([]));

  it('is not drawn where there is no terminal', () => expect(drawn(false, [1000, 5000])).toEqual([]));
});
