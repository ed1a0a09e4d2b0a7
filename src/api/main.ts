import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { keyText } from '../domain/audit/tlog/key.js';
import { NO_WITNESSES } from '../domain/audit/tlog/policy.js';
import { type Access, openAccess } from '../infra/access/access.js';
import { readPolicy } from '../infra/audit/policy-file.js';
import { config as rxjs } from 'rxjs';
import { type Config, readConfig } from '../infra/config.js';
import { type Service, openService } from '../infra/service.js';
import { createApp } from './app.js';
import { type Log, makeLog } from './http/log.js';

/** Milliseconds that requests which are under way have left once the process was told to end. */
const DRAIN_MAX = 10_000;

/** Milliseconds between two looks for connections that have become idle meanwhile. */
const SWEEP = 20;

const urlOf = ({ address, port, family }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;

/** Takes no new connections, and lets requests that are under way finish; a connection is closed once it has none. */
async function drain(nest: NestFastifyApplication): Promise<void> {
  const server = nest.getHttpServer();
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
  const impatience = setTimeout(() => server.closeAllConnections(), DRAIN_MAX);
  await nest.close();
  clearInterval(sweep);
  clearTimeout(impatience);
}

/** Settles once the process was told to end. Being told again changes nothing: the first time counts. */
const told = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

/** Serves until the process is told to end; requests that are under way then are finished first. */
async function serve(service: Service, { host, port, rateLimit }: Config, access: Access, log: Log): Promise<void> {
  const { nest } = await createApp(service, { log, tokens: access.kinds, rateLimit });
  // Past Nest, which would log a port in use beside the error.
  await nest.getHttpAdapter().getInstance().listen({ port, host });
  const url = urlOf(nest.getHttpServer().address() as AddressInfo);
  const key = keyText(service.log.key);
  process.stdout.write(`${new Date().toISOString()} vmledger listens on ${url} and signs its log as ${key}\n`);
  await told;
  log.info('told to end');
  await drain(nest);
}

try {
  const config = readConfig(process.env);
  const { dataDir, logOrigin, witnessPolicy, logLevel } = config;
  const log = makeLog(logLevel);
  const report = (message: string): void => log.warn(message);
  // A follower that throws ends alone: it takes neither the journal nor the process with it.
  rxjs.onUnhandledError = (error: unknown) => log.error({ err: error }, 'a follower failed');
  const policy = witnessPolicy === undefined ? NO_WITNESSES : await readPolicy(witnessPolicy);
  const published = { policy, report, ...(logOrigin !== undefined && { origin: logOrigin }) };
  const service = await openService({ dataDir, log: published });
  service.metrics.observeProcess();
  const access = openAccess(config.auth, dataDir, service.world);
  try {
    await serve(service, config, access, log);
  } finally {
    access.close();
    await service.close();
  }
  process.exit(0);
} catch (error) {
  process.stderr.write(`vmledger cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
