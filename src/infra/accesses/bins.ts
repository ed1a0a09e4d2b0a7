/**
 * Ranges of frames, or of pages, in bins of several sizes: a range is in the smallest bin that holds all of it, so that whoever looks
 * for a frame finds all ranges with it in one bin of each size.
 */

/** Frames of a bin by level, as powers of two; the last one holds all that there are. */
const SHIFTS = [0, 4, 8, 12, 16, 20, 28, 36, 52] as const;

/** The level of the bin of a VM that holds everything. */
export const ALL = -1;

/** The level of the bin of a VM that holds what may have been anywhere. */
export const ANYWHERE = -2;

/** A bin; `bin` counts those of its level. */
export interface Bin {
  readonly level: number;
  readonly bin: number;
}

const binAt = (level: number, frame: number): number => Math.floor(frame / 2 ** (SHIFTS[level] ?? 52));

/** The bin of the frames from `first` to `last` inclusive. */
export function binOf(first: number, last: number): Bin {
  const level = SHIFTS.findIndex((_, at) => binAt(at, first) === binAt(at, last));
  return { level, bin: binAt(level, first) };
}

/**
 * The bins that can hold a range which has one of the frames from `first` to `last` inclusive.
 *
 * @param most undefined is answered if there were more bins than that
 */
export function binsOver(first: number, last: number, most: number): Bin[] | undefined {
  const ranges = SHIFTS.map((_, level) => ({ level, from: binAt(level, first), to: binAt(level, last) }));
  if (ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0) > most) return undefined;
  return ranges.flatMap(({ level, from, to }) =>
    Array.from({ length: to - from + 1 }, (_, i) => ({ level, bin: from + i })),
  );
}
