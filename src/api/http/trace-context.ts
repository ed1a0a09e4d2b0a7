import type { TraceContext } from '../../domain/audit/record.js';
import { type HttpRequest, headerOf } from './http.js';

/** Version, trace id, parent id, flags (W3C Trace Context, "traceparent Header"); higher versions may go on behind a dash. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Flags that are known: sampled, and the trace id is random. */
const FLAGS = 0x03;

/** A member of tracestate: a key, perhaps of one tenant of a vendor's, and a value. */
const MEMBER =
  /^([a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])$/;

/** Most members, and most characters that are kept; members of more than so many go first. */
const MOST_MEMBERS = 32;
const MOST_STATE = 512;
const LONG_MEMBER = 128;

/** A traceparent as version 00 writes it, whatever version it came in; undefined if it is none. */
function parentOf(text: string): string | undefined {
  const [, version, trace, parent, flags = '', more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  const known = Number.parseInt(flags, 16) & FLAGS;
  return `00-${trace ?? ''}-${parent ?? ''}-${known.toString(16).padStart(2, '0')}`;
}

const lengthOf = (members: readonly string[]): number => members.join(',').length;

/** A tracestate, shortened to what is kept; undefined if it is none or nothing is left. */
function stateOf(text: string): string | undefined {
  const given = text.split(',').flatMap((part) => part.trim() || []);
  const keys = given.map((member) => MEMBER.exec(member)?.[1]);
  if (keys.includes(undefined) || new Set(keys).size < keys.length || keys.length > MOST_MEMBERS) return undefined;
  const kept = lengthOf(given) > MOST_STATE ? given.filter(({ length }) => length <= LONG_MEMBER) : given;
  while (lengthOf(kept) > MOST_STATE) kept.pop();
  return kept.length === 0 ? undefined : kept.join(',');
}

/**
 * The trace that a request is part of (W3C Trace Context, level 2). A traceparent that is not valid counts as none, and takes
 * the tracestate with it; a tracestate that is not valid is left out.
 */
export function traceOf(request: HttpRequest): TraceContext | undefined {
  const traceparent = parentOf(headerOf(request, 'traceparent') ?? '');
  if (traceparent === undefined) return undefined;
  const tracestate = stateOf(headerOf(request, 'tracestate') ?? '');
  return { traceparent, ...(tracestate !== undefined && { tracestate }) };
}

/** The id of the trace that a request is part of. */
export const traceIdOf = (request: HttpRequest): string | undefined => traceOf(request)?.traceparent.split('-')[1];
