import type { z } from 'zod';

type Raw = z.core.$ZodRawIssue;
type Code = z.core.$ZodIssueCode;
type Words = { readonly [C in Code]?: (issue: Extract<Raw, { readonly code: C }>) => string | undefined };

/** What a value must be, by zod's name of the type. */
const TYPES: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  null: 'null',
};

/** What is counted where something has a size. */
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items' };

/** Bounds of a value or of its size: `must be at least 1`, `must have at most 64 items`. */
function bounds(origin: string, bound: string, limit: number | bigint): string {
  const unit = UNITS[origin];
  const how = [bound, limit].filter((word) => word !== '').join(' ');
  return unit === undefined ? `must be ${how}` : `must have ${how} ${limit === 1 ? unit.slice(0, -1) : unit}`;
}

/** What each kind of fault is called; undefined where the shape itself has to say it. */
const WORDS: Words = {
  invalid_type: ({ expected }) => `must be ${TYPES[expected] ?? `of type ${expected}`}`,
  invalid_value: ({ values }) => `must be ${values.length === 1 ? '' : 'one of '}${values.map(String).join(', ')}`,
  too_small: ({ origin, minimum, inclusive, exact }) =>
    bounds(origin, exact ? '' : inclusive ? 'at least' : 'more than', minimum),
  too_big: ({ origin, maximum, inclusive, exact }) =>
    bounds(origin, exact ? '' : inclusive ? 'at most' : 'less than', maximum),
  not_multiple_of: ({ divisor }) => `must be a multiple of ${divisor}`,
  unrecognized_keys: ({ keys }) => `has fields that are not known here: ${keys.join(', ')}`,
  invalid_union: ({ options }) =>
    Array.isArray(options) ? `must be one of ${options.map(String).join(', ')}` : undefined,
};

/** What is said of a value that is not there. */
export const REQUIRED = 'is required';

/**
 * What is wrong with a value, in words that follow the name of its field: `must be at least 1`. An error map of zod, for
 * whatever the shape has no words of its own for.
 */
export function words(issue: Raw): string | undefined {
  const wordsOf = WORDS[issue.code] as ((issue: Raw) => string | undefined) | undefined;
  return issue.input === undefined && issue.code.startsWith('invalid_') ? REQUIRED : wordsOf?.(issue);
}

/** The first thing that is wrong with a value: its field, with dots, or `it`, and what is wrong there. */
export const firstFault = ({ issues: [issue] }: z.core.$ZodError): string =>
  `${issue?.path.map(String).join('.') || 'it'}: ${issue?.message ?? ''}`;
