/** What part of a ledger can be wrong. */
export const FLAWS = {
  file: 'the file cannot be read as the database that it is',
  schema: 'the tables or triggers are not those of this schema version',
  order: 'a record is missing, or is not where it belongs',
  record: "a record's bytes and its leaf hash do not agree",
  data: 'data beside a record is not what the record commits to',
  erasure: 'what is left of erased data is not what the record of the erasure says',
  index: 'what is derived from the records, to find them by, is wrong',
  tree: 'a hash of the tree is not that of the records below it',
  checkpoint: 'the records are not those that were signed',
} as const;

export type FlawKind = keyof typeof FLAWS;

/** One thing that is wrong with a ledger. */
export interface Flaw {
  readonly what: FlawKind;
  readonly detail: string;
  /** The position of the record that is bad, or the first that can be; absent if it is not about records. */
  readonly position?: number;
  /** The last position that can be bad, where it cannot be told which of several is. */
  readonly upTo?: number;
}

/**
 * The first position that is bad, or can be: a flaw that is somewhere in a range counts only if no flaw of one position
 * explains it. Undefined if none is about records.
 */
export function firstBad(flaws: readonly Flaw[]): number | undefined {
  const exact = flaws.flatMap(({ position, upTo }) => (position !== undefined && upTo === undefined ? [position] : []));
  const open = flaws.flatMap(({ position = 0, upTo = 0 }) =>
    upTo > 0 && !exact.some((known) => position <= known && known <= upTo) ? [position] : [],
  );
  const all = [...exact, ...open];
  return all.length === 0 ? undefined : Math.min(...all);
}
