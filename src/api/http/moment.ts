import { z } from 'zod';
import type { Moment } from '../../infra/machines/machines.js';
import { queryInteger } from './query-integer.js';

/** A time of the query: RFC 3339, whose T and Z may be in lower case (5.6). Output: milliseconds since 1970. */
export const time = z
  .preprocess(
    (text) => (typeof text === 'string' ? text.toUpperCase() : text),
    z.iso.datetime({ offset: true, error: 'must be a time as in RFC 3339: 2026-01-31T12:00:00Z' }),
  )
  .transform((text) => Date.parse(text));

/** The query of what can be looked at as it was. */
export const momentFields = {
  version: queryInteger(1).optional().meta({ description: 'the VM after this version of its ledger' }),
  at: time.optional().meta({ description: 'the VM at this time (RFC 3339); not beside version' }),
};

/** What of a query names a moment. */
interface MomentQuery {
  readonly version?: number | undefined;
  readonly at?: number | undefined;
}

/** A query names a version or a time, not both; to be given to `refine`, with `ONE_MOMENT`. */
export const oneMoment = ({ version, at }: MomentQuery): boolean => version === undefined || at === undefined;

export const ONE_MOMENT = { path: ['at'], error: 'cannot be given beside version' };

/** The query of what can be looked at as it was, and has no other. */
export const momentQuery = z.strictObject(momentFields).refine(oneMoment, ONE_MOMENT);

/** What the document says of reads that are recorded where they are of the past. */
export const RECORDED_PAST = 'Who looks at the past is recorded in the journal (`look_back`).';

/** The moment that a query names, if it names one. */
export function momentOf({ version, at }: MomentQuery): Moment | undefined {
  if (version !== undefined) return { version };
  return at === undefined ? undefined : { at };
}
