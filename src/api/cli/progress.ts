/** Milliseconds after which work is long enough for a bar, and between two of its pictures. */
const PATIENCE = 1000;
const FRAME = 100;

const WIDTH = 30;

/** Where a bar is drawn: standard error, or what stands for it. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A bar on a terminal for work that takes longer than a second; nothing where there is no terminal. */
export class Progress {
  private readonly start: number;
  private drawn = -Infinity;

  constructor(
    private readonly what: string,
    private readonly screen: Screen = process.stderr,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.start = now();
  }

  readonly step = (done: number, total: number): void => {
    const now = this.now();
    if (!this.screen.isTTY || now - this.start < PATIENCE || now - this.drawn < FRAME) return;
    this.drawn = now;
    const part = total === 0 ? 1 : done / total;
    const bar = '#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '.');
    this.screen.write(`\r${this.what} [${bar}] ${Math.floor(part * 100)}% ${done}/${total}`);
  };

  /** Takes the bar away. */
  end(): void {
    if (this.drawn > -Infinity) this.screen.write('\r\u001b[K');
  }
}
