import type { Query, RecordIndex } from './journal.js';

/** What of a record filters look at. */
export interface Filterable {
  readonly record: { readonly position: number; readonly vm: string; readonly version: number };
  readonly index: RecordIndex;
}

/** What a query asks of each record, besides how many it wants. */
export type Filters = Omit<Query, 'limit'>;

/** Whether a record passes each filter; a filter that the query does not give passes everything. */
const FILTERS: readonly ((filters: Filters, candidate: Filterable) => boolean)[] = [
  ({ after }, { record }) => record.position > after,
  ({ vm }, { record }) => vm === undefined || record.vm === vm,
  ({ afterVersion = 0 }, { record }) => record.version > afterVersion,
  ({ upToVersion = Infinity }, { record }) => record.version <= upToVersion,
  ({ type }, { index }) => type === undefined || index.type === type,
  ({ outcome }, { index }) => outcome === undefined || index.ret < 0 === (outcome === 'refused'),
  ({ actor }, { index }) => actor === undefined || index.actor === actor,
  ({ from = -Infinity, to = Infinity }, { index: { time } }) => from <= time && time <= to,
  ({ touching }, { record: { vm }, index: { frames, elsewhere = [] } }) => {
    if (touching === undefined) return true;
    const { first, last } = touching;
    const own = vm === touching.vm && frames !== undefined && frames.first <= last && frames.last >= first;
    return own || elsewhere.some((there) => there.vm === touching.vm && there.frame >= first && there.frame <= last);
  },
  ({ frames }, { index }) =>
    frames === undefined ||
    (index.frames !== undefined && index.frames.first <= frames.last && index.frames.last >= frames.first),
];

/** Whether a record that is in memory is one that the query asks for. */
export const passes = (filters: Filters, candidate: Filterable): boolean =>
  FILTERS.every((filter) => filter(filters, candidate));
