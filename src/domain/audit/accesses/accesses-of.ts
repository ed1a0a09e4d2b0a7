import type { Errno } from '../../errno.js';
import { type Part, PAGE_SIZE, addressOf, fragments, frameOf, partsOf } from '../../memory/address.js';
import type { Command } from '../../vm/command.js';
import type { Event } from '../../vm/facts/event.js';
import { type BulkByRole, commandOf, eventsOf } from '../open-record.js';
import type { RecordBody } from '../record.js';
import type { Access, AccessKind } from './access.js';
import { type Item, effectsByItem } from './batch-effects.js';
import { type Effect, effectOf } from './effects.js';
import { type Request, canNameMemory, requestsOf } from './requests.js';
import { type WalkEntry, walkParts } from './walk-parts.js';

/** What an item, or a command, was answered, as a record's JSON has it. */
interface Answer {
  readonly ret: number;
  readonly errno?: Errno;
  readonly exception?: { readonly transExcCode?: string };
  readonly walk?: readonly WalkEntry[];
  readonly startGfn?: string;
  readonly count?: number;
}

/** Places where data can stand in a record: what was answered, and what was given. */
const READ_ROLES = [
  'outcome.data',
  'outcome.oldData',
  'outcome.keys',
  'outcome.values',
  'outcome.results',
  'outcome.walk',
  'outcome.resumed',
];
const WRITE_ROLES = ['command.data', 'command.ops'];
const ROLES: Readonly<Partial<Record<AccessKind, readonly string[]>>> = {
  read: READ_ROLES,
  walk: READ_ROLES,
  key_read: READ_ROLES,
  cmma_read: READ_ROLES,
  write: WRITE_ROLES,
  cmpxchg: [...WRITE_ROLES, ...READ_ROLES],
  key_write: WRITE_ROLES,
  cmma_write: WRITE_ROLES,
};

/** Where the bytes stand that were given by nobody, or are not the beginning of what was given. */
const STORED_ROLE = 'events.data';

/** Kinds of facts that can be what a request asked for. */
const TAKES: Readonly<Partial<Record<AccessKind, readonly AccessKind[]>>> = {
  cmpxchg: ['cmpxchg', 'write'],
  fetch: ['read'],
};

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

/** A field of the outcome, wherever it stands. */
const outcomeField = (body: RecordBody, bulk: BulkByRole, name: string): unknown => {
  const beside = bulk.get(`outcome.${name}`);
  return beside ? jsonOf(beside) : body.outcome[name];
};

const whole = (gfn: bigint, count: number): Part[] =>
  count === 0 ? [] : [{ absolute: addressOf(Number(gfn)), size: count * PAGE_SIZE }];

/** Where a request went that left no fact, since it changed nothing: as far as the answer tells it. */
function reachedBy({ kind, given }: Request, { ret, walk, startGfn, count }: Answer): readonly Part[] {
  if (walk) return walkParts(walk, given.space);
  if (ret !== 0 || given.space !== 'absolute') return [];
  if (kind === 'cmma_read') return startGfn === undefined ? [] : whole(BigInt(startGfn), count ?? 0);
  if (kind === 'key_read' || kind === 'key_write') {
    const size = given.size === 1n ? PAGE_SIZE : Number(given.size);
    return [{ absolute: addressOf(frameOf(given.address)), size }];
  }
  return kind === 'read' || kind === 'write' ? partsOf(fragments(given.address, Number(given.size))) : [];
}

/** An access with what the record knows of its data. */
function access(body: RecordBody, request: Request | undefined, effect: Effect | undefined, answer: Answer): Access {
  const { ret, errno } = answer;
  const kind = request?.kind ?? effect?.kind ?? 'read';
  const resolved = effect?.resolved ?? (request ? reachedBy(request, answer) : []);
  const there = (roles: readonly string[]) => (body.data ?? []).filter(({ role }) => roles.includes(role));
  const said = request || kind !== 'write' ? there(ROLES[kind] ?? []) : [];
  const data = said.length === 0 && kind === 'write' ? there([STORED_ROLE]) : said;
  return {
    ...request,
    kind,
    ret,
    ...(errno !== undefined && { errno }),
    resolved,
    stored: effect?.stored ?? [],
    ...(effect?.replaced && { replaced: effect.replaced }),
    data,
  };
}

/** Whether a fact is what a command's request asked for, and not what the machine did on the way. */
const isAsked = ({ kind }: Request, effect: Effect): boolean =>
  effect.aside !== true && (TAKES[kind] ?? [kind]).includes(effect.kind);

/** The accesses of a command, in the order of its facts: what it asked for, and what the machine did beside that. */
function ofCommand(
  body: RecordBody,
  requests: readonly Request[],
  effects: readonly Effect[],
  answer: Answer,
): Access[] {
  const waiting = [...requests];
  const accesses = effects.map((effect) => {
    const asked = waiting.findIndex((request) => isAsked(request, effect));
    const [request] = asked < 0 ? [] : waiting.splice(asked, 1);
    return access(body, request, effect, answer);
  });
  return [...accesses, ...waiting.map((request) => access(body, request, undefined, answer))];
}

/** The writes of the VMM, which are one fact together: each is all there, or none is. */
function ofWrites(body: RecordBody, requests: readonly Request[], answer: Answer): Access[] {
  return requests.map((request) => {
    const made = access(body, request, undefined, answer);
    return { ...made, stored: made.resolved };
  });
}

/** Each item's access, with the answer that it got. */
function ofBatch(body: RecordBody, command: Command, effects: readonly Effect[], results: readonly Answer[]): Access[] {
  const requests = new Map(requestsOf(command).map((request) => [request.item ?? 0, request]));
  const items: Item[] = results.map(({ ret, exception }, i) => ({
    request: requests.get(i),
    ret,
    stoppedAt: exception?.transExcCode === undefined ? undefined : BigInt(exception.transExcCode),
  }));
  const found = effectsByItem(items, effects);
  const taken = new Set(found);
  const accesses = items.flatMap(({ request }, i) => {
    const answer = results[i];
    return request && answer ? [access(body, request, found[i], answer)] : [];
  });
  const left = effects.filter((effect) => !taken.has(effect));
  return [...accesses, ...left.map((effect) => access(body, undefined, effect, { ret: 0 }))];
}

/** Whether the JSON beside a record is there in roles that begin so; it may have been erased. */
const isThere = ({ data = [] }: RecordBody, bulk: BulkByRole, roles: 'command.' | ''): boolean =>
  data.every(({ form, role }) => form === 'bytes' || !role.startsWith(roles) || (bulk.get(role)?.length ?? 0) > 0);

/** What is left of a record that does not say any more all that was asked for, or answered. */
function ofErased(body: RecordBody, bulk: BulkByRole, effects: readonly Effect[]): Access[] {
  const { data = [], outcome, command } = body;
  const { ret } = outcome;
  const requests = isThere(body, bulk, 'command.') ? requestsOf(commandOf(body, bulk)) : [];
  const left = ofCommand(body, requests, effects, { ret });
  return canNameMemory(command.type) ? [...left, { kind: 'erased', ret, resolved: [], stored: [], data }] : left;
}

/**
 * Who touched which guest memory, as one record tells it: an access for each item of a batch and for each write of several, and
 * one for each thing that the machine did to memory beside that. Refused ones are there too. Of bytes only the sizes are looked at
 * (`hollowBulk`). Where what was asked for or answered was erased, what was done is left, from its
 * facts, and that there may be more.
 *
 * @param events the record's facts, if they were read already
 * @throws as `commandOf` and `eventsOf`
 */
export function accessesOf(
  body: RecordBody,
  bulk: BulkByRole,
  events: readonly Event[] = eventsOf(body, bulk),
): readonly Access[] {
  const effects = events.flatMap((event) => effectOf(event) ?? []);
  if (!isThere(body, bulk, '')) return ofErased(body, bulk, effects);
  const command = commandOf(body, bulk);
  const answer: Answer = { ...body.outcome, walk: outcomeField(body, bulk, 'walk') as Answer['walk'] } as Answer;
  if (command.type === 'write_memory') return ofWrites(body, requestsOf(command), answer);
  const results = outcomeField(body, bulk, 'results') as readonly Answer[] | undefined;
  if ('ops' in command) return ofBatch(body, command, effects, results ?? []);
  return ofCommand(body, requestsOf(command), effects, answer);
}
