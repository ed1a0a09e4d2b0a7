import { randomUUID } from 'node:crypto';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { TokenKind } from '../infra/access/token-kind.js';
import type { Service } from '../infra/service.js';
import { AppModule } from './app.module.js';
import { Gate } from './auth/gate.js';
import { BODY_MAX, BULK_MAX, type ParserHost, registerParsers } from './http/body-parsers.js';
import { answerClientError } from './http/client-error.js';
import { type HookHost, type Hooks, addHooks, requestHooks } from './hooks.js';
import type { HttpReply, HttpRequest, RouteSettings } from './http/http.js';
import { type Log, makeLog } from './http/log.js';
import { nestLogger } from './http/nest-logger.js';
import { openApiOf } from './openapi/openapi.js';
import { type RateHost, limitRate } from './auth/rate-limit.js';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './http/route-table.js';
import { SchemaPipe } from './http/schema.pipe.js';
import { READER_PATIENCE } from './http/stuck-reader.js';

const REQUEST_ID = /^[\w.-]{1,128}$/;

/** The client's request id, if it is one that can be recorded, or a new one. */
function requestIdOf({ headers }: Pick<HttpRequest, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Milliseconds in which a request has to arrive whole, so that one which never ends does not hold its connection. */
export const REQUEST_TIMEOUT = 60_000;

/** A route as it is added. */
interface Route {
  readonly method: string | string[];
  readonly url: string;
  readonly config?: RouteSettings;
  bodyLimit?: number;
}

/** What of a Fastify instance is set up here. */
interface Host extends ParserHost, HookHost, RateHost {
  addHook<Name extends keyof Hooks>(name: Name, hook: Hooks[Name]): unknown;
  addHook(name: 'onRoute', hook: (route: Route) => void): unknown;
}

type Options = Pick<NestApplicationOptions, 'bodyParser' | 'abortOnError' | 'logger'>;

/** What tests look at beside the application. */
export interface App {
  readonly nest: NestFastifyApplication;
  readonly routes: RouteTable;
  /** The OpenAPI document that the application serves. */
  readonly document: () => OpenAPIObject;
}

/** How the API is served. */
export interface AppOptions {
  /** Takes what the operator should see. */
  readonly log?: Log;
  /** The tokens that are taken; absent if nobody has to say who they are. */
  readonly tokens?: readonly TokenKind[] | undefined;
  /** Most requests a minute of one actor, or of one address if it is not known who asks; no limit if 0 or absent. */
  readonly rateLimit?: number;
  /** Milliseconds in which a reader has to take something of its answer. */
  readonly readerPatience?: number;
}

/** The REST API of a service, ready to listen. To close it is to let requests that are under way finish; the service stays open. */
export async function createApp(
  service: Service,
  { log = makeLog('warn'), tokens, rateLimit = 0, readerPatience = READER_PATIENCE }: AppOptions = {},
): Promise<App> {
  const routes = new RouteTable();
  const filter = new ProblemFilter(routes, log);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_MAX,
    genReqId: requestIdOf,
    requestIdHeader: false,
    requestTimeout: REQUEST_TIMEOUT,
    return503OnClosing: false,
    http: { requireHostHeader: false },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: Error, request: HttpRequest, reply: HttpReply): void =>
      filter.answer(error, request, reply.header('x-request-id', request.id)),
  });
  const host = adapter.getInstance<Host>();
  host.addHook('onRoute', (route) => {
    routes.add(route.method, route.url);
    if (route.config?.bulk) route.bodyLimit = BULK_MAX;
  });
  const limit = rateLimit > 0 ? await limitRate(host, rateLimit) : undefined;
  addHooks(host, requestHooks(service, { log, gate: new Gate(service.sight, tokens), limit, readerPatience }));
  registerParsers(host);

  let made: OpenAPIObject | undefined;
  const options: Options = { bodyParser: false, abortOnError: false, logger: nestLogger(log) };
  const document = (): OpenAPIObject => (made ??= openApiOf(nest));
  const nest = await NestFactory.create<NestFastifyApplication>(AppModule.of(service, document), adapter, options);
  nest.useGlobalPipes(new SchemaPipe());
  nest.useGlobalFilters(filter);
  await nest.init();
  return { nest, routes, document };
}
