import { PAGE_SIZE } from '../../memory/address.js';

/** Bytes of a page, from `from` up to, not including, `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A write of pages: `start` is in the first page. */
export interface PageWrite {
  readonly page: number;
  readonly start: number;
  readonly size: number;
}

/** What of a page a write set. */
const spanIn = ({ page, start, size }: PageWrite, one: number): Span => ({
  from: Math.max(0, (page - one) * PAGE_SIZE + start),
  to: Math.min(PAGE_SIZE, (page - one) * PAGE_SIZE + start + size),
});

/** A span and the write that set it last; without one nothing ever did. */
export interface Written<Write> extends Span {
  readonly write?: Write;
}

/** Who wrote each byte of a part of a page last: told the writes that may have, from the last one back. */
export class LastWrites<Write extends PageWrite> {
  private open: readonly Span[];
  private readonly found: Written<Write>[] = [];

  constructor(
    private readonly page: number,
    span: Span,
  ) {
    this.open = [span];
  }

  /** Whether each byte's last write is known. */
  get done(): boolean {
    return this.open.length === 0;
  }

  /** Takes the write before those that were taken. */
  take(write: Write): void {
    const { from, to } = spanIn(write, this.page);
    this.open = this.open.flatMap((span) => {
      const first = Math.max(span.from, from);
      const end = Math.min(span.to, to);
      if (first >= end) return [span];
      this.found.push({ from: first, to: end, write });
      return [
        { from: span.from, to: first },
        { from: end, to: span.to },
      ].filter((rest) => rest.from < rest.to);
    });
  }

  /** The part of the page in order of address. */
  spans(): Written<Write>[] {
    return [...this.found, ...this.open].sort((a, b) => a.from - b.from);
  }
}
