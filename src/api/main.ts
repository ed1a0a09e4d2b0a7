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
import { makeLog } from './log.js';

/** Milliseconds that requests which are under way have left once the process was told to end. */
const DRAIN_MAX = 10_000;

/** Milliseconds between two looks for connections that have become idle meanwhile. */
const SWEEP = 20;

const say = (message: string): void => void process.stderr.write(`${message}\n`);

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

// A follower that throws ends alone: it takes neither the journal nor the process with it.
rxjs.onUnhandledError = (error: unknown) => say(`a follower failed: ${String(error)}`);

/** Settles once the process was told to end. Being told again changes nothing: the first time counts. */
const told = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

/** Serves until the process is told to end; requests that are under way then are finished first. */
async function serve(service: Service, { host, port, rateLimit, logLevel }: Config, access: Access): Promise<void> {
  const { nest } = await createApp(service, { log: makeLog(logLevel), tokens: access.kinds, rateLimit });
  // Past Nest, which would log a port in use beside the error.
  await nest.getHttpAdapter().getInstance().listen({ port, host });
  const url = urlOf(nest.getHttpServer().address() as AddressInfo);
  const key = keyText(service.log.key);
  process.stdout.write(`${new Date().toISOString()} vmledger listens on ${url} and signs its log as ${key}\n`);
  await told;
  await drain(nest);
}

try {
  const config = readConfig(process.env);
  const { dataDir, logOrigin, witnessPolicy } = config;
  const policy = witnessPolicy === undefined ? NO_WITNESSES : await readPolicy(witnessPolicy);
  const log = { policy, report: say, ...(logOrigin !== undefined && { origin: logOrigin }) };
  const service = await openService({ dataDir, log });
  service.metrics.observeProcess();
  const access = openAccess(config.auth, dataDir, service.world);
  try {
    await serve(service, config, access);
  } finally {
    access.close();
    await service.close();
  }
  process.exit(0);
} catch (error) {
  say(`vmledger cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
