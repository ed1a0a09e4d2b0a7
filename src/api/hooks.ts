import type { Service } from '../infra/service.js';
import type { Gate } from './auth/gate.js';
import { type VersionedRequest, assertHost } from './http/host-header.js';
import { type HttpReply, type HttpRequest, type SentReply, setHeaders, settingsOf } from './http/http.js';
import { Idempotency } from './commands/idempotency.js';
import type { Log } from './http/log.js';
import type { RateLimit } from './auth/rate-limit.js';
import { type LoggedReply, logAnswered } from './http/request-log.js';
import { securityHeaders } from './http/security-headers.js';
import { partWithStuckReader } from './http/stuck-reader.js';

type Done = (error?: Error) => void;

/** What is done with every request around its handler. Callbacks, since most requests have nothing to wait for. */
export interface Hooks {
  /** Before the body is read. */
  readonly onRequest: (request: VersionedRequest, reply: HttpReply, done: Done) => void;
  /** Once the body is read; a request that it answers goes no further. */
  readonly preHandler: (request: HttpRequest, reply: HttpReply, done: Done) => void;
  readonly onSend: (request: HttpRequest, reply: SentReply, payload: unknown, done: Done) => void;
  readonly onResponse: (request: HttpRequest, reply: LoggedReply, done: Done) => void;
}

/** What of a Fastify instance takes hooks. */
export interface HookHost {
  addHook<Name extends keyof Hooks>(name: Name, hook: Hooks[Name]): unknown;
  decorateRequest(name: string, value: undefined): unknown;
}

const settle = (work: Promise<unknown> | undefined, done: Done): void => {
  if (work === undefined) done();
  else work.then(() => done(), done);
};

/** Lets a request pass or not; either way it counts. */
async function passCounted(gate: Gate, limit: RateLimit, request: HttpRequest): Promise<void> {
  try {
    await gate.pass(request);
  } finally {
    await limit(request);
  }
}

/** What requests come by on their way. */
export interface Passed {
  readonly log: Log;
  readonly gate: Gate;
  /** Absent if anybody may ask as often as he likes. */
  readonly limit: RateLimit | undefined;
  /** Milliseconds after which a reader is stuck that takes nothing of its answer. */
  readonly readerPatience: number;
}

/** Lets pass who may, as often as he may, answers what was asked before, and logs what was answered. */
export function requestHooks(service: Service, { log, gate, limit, readerPatience }: Passed): Hooks {
  const { metrics } = service;
  const headers = securityHeaders();
  const idempotency = new Idempotency(service.answers, service.world.now, (error) =>
    log.warn({ err: error }, 'an answer could not be kept'),
  );
  return {
    onRequest: (request, reply, done) => {
      setHeaders(reply, headers);
      reply.header('x-request-id', request.id);
      try {
        assertHost(request);
        settle(limit ? passCounted(gate, limit, request) : gate.pass(request), done);
      } catch (error) {
        done(error as Error);
      }
    },
    preHandler: (request, reply, done) => {
      const work = idempotency.begin(request, reply);
      if (work === undefined) done();
      else work.then((isAnswered) => (isAnswered ? undefined : done()), done);
    },
    onSend: (request, reply, payload, done) => {
      partWithStuckReader(reply, readerPatience);
      settle(idempotency.finish(request, reply, payload), done);
    },
    onResponse: (request, reply, done) => {
      idempotency.end(request);
      metrics.answered(settingsOf(request).operation, reply.statusCode);
      logAnswered(log, request, reply);
      done();
    },
  };
}

/** Adds them to a Fastify instance. */
export function addHooks(host: HookHost, hooks: Hooks): void {
  host.decorateRequest('principal', undefined);
  host.decorateRequest('renew', undefined);
  host.decorateRequest('retryable', undefined);
  for (const name of ['onRequest', 'preHandler', 'onSend', 'onResponse'] as const) host.addHook(name, hooks[name]);
}
