import type { z } from 'zod';
import type { FieldError } from './problem.js';

type Issue = z.core.$ZodIssue;

/** Errors of one request that are listed; the rest say nothing new. */
const MOST = 50;

/** A branch of a union that at least had the right type, so that its complaint is the one that helps. */
const fits = (branch: readonly Issue[]): boolean =>
  branch.length > 0 && !branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0);

const messageOf = (issue: Issue): string =>
  issue.code === 'invalid_type' && issue.message.endsWith('received undefined') ? 'is required' : issue.message;

function flat(issue: Issue, prefix: readonly PropertyKey[]): { path: readonly PropertyKey[]; message: string }[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is not known here' }));
  if (issue.code === 'invalid_key')
    return issue.issues.slice(0, 1).map(({ message }) => ({ path, message: `the name ${message}` }));
  if (issue.code !== 'invalid_union') return [{ path, message: messageOf(issue) }];
  const branches = issue.errors.filter(fits);
  const branch = branches.find(([first]) => first?.message !== issue.message) ?? branches[0];
  if (branch) return branch.flatMap((inner) => flat(inner, path));
  const messages = issue.errors.flatMap((inner) => inner.map(messageOf));
  return [{ path, message: [...new Set(messages)].join(', or ') || issue.message }];
}

/**
 * What is wrong with a request, field by field.
 *
 * @param whole what to call the place of an error that is not in a field, as in `body`
 */
export const fieldErrors = ({ issues }: { readonly issues: readonly Issue[] }, whole: string): FieldError[] =>
  issues
    .flatMap((issue) => flat(issue, []))
    .slice(0, MOST)
    .map(({ path, message }) => ({ field: path.map(String).join('.') || whole, message }));
