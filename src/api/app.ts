import { randomUUID } from 'node:crypto';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Service } from '../infra/service.js';
import { AppModule } from './app.module.js';
import { BODY_MAX, type ParserHost, registerParsers } from './body-parsers.js';
import type { HttpReply, HttpRequest } from './http.js';
import { openApiOf } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';
import { SchemaPipe } from './schema.pipe.js';
import { stderrLogger } from './stderr-logger.js';

const REQUEST_ID = /^[\w.-]{1,128}$/;

/** The client's request id, if it is one that can be recorded, or a new one. */
function requestIdOf({ headers }: Pick<HttpRequest, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** What of a Fastify instance is set up here. */
interface Host extends ParserHost {
  addHook(
    name: 'onRoute',
    hook: (route: { readonly method: string | string[]; readonly url: string }) => void,
  ): unknown;
  addHook(name: 'onRequest', hook: (request: HttpRequest, reply: HttpReply, done: () => void) => void): unknown;
}

type Options = Pick<NestApplicationOptions, 'bodyParser' | 'abortOnError' | 'logger'>;

/** What tests look at beside the application. */
export interface App {
  readonly nest: NestFastifyApplication;
  readonly routes: RouteTable;
  /** The OpenAPI document that the application serves. */
  readonly document: () => OpenAPIObject;
}

/**
 * The REST API of a service, ready to listen. To close it is to let requests that are under way finish; the service stays open.
 *
 * @param log takes what the operator should see
 */
export async function createApp(
  service: Service,
  log: (message: string) => void = (message) => process.stderr.write(`${message}\n`),
): Promise<App> {
  const routes = new RouteTable();
  const filter = new ProblemFilter(routes, log);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_MAX,
    genReqId: requestIdOf,
    requestIdHeader: false,
    frameworkErrors: (error: Error, request: HttpRequest, reply: HttpReply): void =>
      filter.answer(error, request, reply.header('x-request-id', request.id)),
  });
  const host = adapter.getInstance<Host>();
  host.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  host.addHook('onRequest', ({ id }, reply, done) => {
    reply.header('x-request-id', id);
    done();
  });
  registerParsers(host);

  let made: OpenAPIObject | undefined;
  const options: Options = { bodyParser: false, abortOnError: false, logger: stderrLogger(log) };
  const document = (): OpenAPIObject => (made ??= openApiOf(nest));
  const nest = await NestFactory.create<NestFastifyApplication>(AppModule.of(service, document), adapter, options);
  nest.useGlobalPipes(new SchemaPipe());
  nest.useGlobalFilters(filter);
  await nest.init();
  return { nest, routes, document };
}
