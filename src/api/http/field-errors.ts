import type { z } from 'zod';
import { REQUIRED } from '../../domain/shapes/words.js';
import type { FieldError } from './problem.js';

type Issue = z.core.$ZodIssue;

/** Errors of one request that are listed; the rest say nothing new. */
const MOST = 50;

/** Whether a union's branch does not even take the type of the value. */
const isOfOtherType = (branch: readonly Issue[]): boolean =>
  branch.some(
    (issue) =>
      issue.path.length === 0 &&
      (issue.code === 'invalid_type' || (issue.code === 'invalid_union' && issue.errors.every(isOfOtherType))),
  );

/** Whether an issue says more than that the whole value is none of what a union takes. */
const isSpecific = ({ code, path }: Issue): boolean => path.length > 0 || code === 'too_big';

/** Issues but those of the size of a value that is of another type altogether, of which zod speaks too. */
function withoutIdle(issues: readonly Issue[]): readonly Issue[] {
  const placeOf = ({ path }: Issue): string => path.map(String).join('.');
  const ofOtherType = new Set(issues.filter(({ code }) => code === 'invalid_type').map(placeOf));
  return issues.filter((issue) => issue.code === 'invalid_type' || !ofOtherType.has(placeOf(issue)));
}

/** What zod says of a union that was given no words of its own. */
const NO_WORDS = 'Invalid input';

/** Whether nothing is there for any branch of a union, whatever words the union has of its own. */
const isMissing = ({ errors }: z.core.$ZodIssueInvalidUnion): boolean =>
  errors.length > 0 && errors.flat().every(({ path, message }) => path.length === 0 && message === REQUIRED);

interface Found {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What is wrong inside the one branch that was meant; if none was, what the union says, or each of its branches. */
function ofUnion(issue: z.core.$ZodIssueInvalidUnion, path: readonly PropertyKey[]): Found[] {
  if (isMissing(issue)) return [{ path, message: REQUIRED }];
  const branches = issue.errors.filter((branch) => branch.length > 0 && !isOfOtherType(branch));
  const worded = issue.message !== NO_WORDS;
  const meant = branches.find((branch) => branch.some(isSpecific)) ?? (worded ? undefined : branches[0]);
  if (meant) return withoutIdle(meant).flatMap((inner) => flat(inner, path));
  const messages = worded ? [issue.message] : issue.errors.flatMap(withoutIdle).map(({ message }) => message);
  return [{ path, message: [...new Set(messages)].join(', or ') || issue.message }];
}

function flat(issue: Issue, prefix: readonly PropertyKey[]): Found[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, MOST).map((key) => ({ path: [...path, key], message: 'is not known here' }));
  if (issue.code === 'invalid_key')
    return issue.issues.slice(0, 1).map(({ message }) => ({ path, message: `the name ${message}` }));
  return issue.code === 'invalid_union' ? ofUnion(issue, path) : [{ path, message: issue.message }];
}

/**
 * What is wrong with a request, field by field.
 *
 * @param whole what to call the place of an error that is not in a field, as in `body`
 */
export const fieldErrors = ({ issues }: { readonly issues: readonly Issue[] }, whole: string): FieldError[] =>
  withoutIdle(issues)
    .slice(0, MOST)
    .flatMap((issue) => flat(issue, []))
    .slice(0, MOST)
    .map(({ path, message }) => ({ field: path.map(String).join('.') || whole, message }));
