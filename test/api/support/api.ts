import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { type App, type AppOptions, createApp } from '../../../src/api/app.js';
import { makeLog } from '../../../src/api/http/log.js';
import { problemShape } from '../../../src/api/shapes/problem.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { type Service, type ServiceOptions, openService } from '../../../src/infra/service.js';
import { verifyLedger } from '../../../src/infra/verify/verify-ledger.js';
import { calmWorld } from '../../support/calm-world.js';
import { covered } from '../../support/covered.js';
import { eventually } from '../../support/eventually.js';
import { collectStatuses } from './statuses.js';

/** A JSON answer's body, read without further ado. */
export type Body = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

type Fields = Readonly<Record<string, string>>;

/** Fails if a problem says what the document does not know. */
function assertKnown(problem: Body): void {
  const strange = Object.keys(problem).find((name) => !Object.hasOwn(problemShape.shape, name));
  if (strange !== undefined) throw new Error(`${strange} is not documented: ${JSON.stringify(problem)}`);
}

/** A service of its own in a temporary directory, behind a real socket. */
export class Api {
  private constructor(
    readonly url: string,
    readonly dataDir: string,
    readonly service: Service,
    readonly app: App,
    /** What the service told its operator. */
    readonly log: readonly string[],
    /** Whether the directory stays. */
    private readonly lasting: boolean,
    private writeStatuses: () => void,
  ) {}

  /**
   * @param options its world is a calm one if none is given
   * @param seen what the application has of the service
   */
  static async start(
    options: Partial<ServiceOptions> = {},
    how: AppOptions = {},
    seen: (service: Service) => Service = (service) => service,
  ): Promise<Api> {
    const { dataDir = mkdtempSync(join(tmpdir(), 'api-')) } = options;
    const service = await openService({ world: calmWorld(), ...options, dataDir });
    const log: string[] = [];
    const app = await createApp(seen(service), { log: makeLog('warn', { write: (line) => log.push(line) }), ...how });
    await app.nest.listen(0, '127.0.0.1');
    const { port } = app.nest.getHttpServer().address() as AddressInfo;
    const lasting = options.dataDir !== undefined;
    return new Api(`http://127.0.0.1:${port}`, dataDir, service, app, log, lasting, collectStatuses(app));
  }

  /**
   * Ends the service, removes its directory unless it was given, and fails unless the ledger that it leaves is sound.
   *
   * @param isLedger false where the test appended what are no records
   */
  async close(isLedger = true): Promise<void> {
    await this.app.nest.close();
    this.writeStatuses();
    await this.service.close();
    const { flaws } = isLedger ? verifyLedger({ file: join(this.dataDir, LEDGER_FILE) }) : { flaws: [] };
    if (!this.lasting) rmSync(this.dataDir, { recursive: true });
    if (flaws.length > 0) throw new Error(`the ledger is not sound: ${JSON.stringify(flaws)}`);
  }

  /** Lets what this service answers not count as what tests came by. */
  forgetStatuses(): void {
    this.writeStatuses = () => undefined;
  }

  /** One request as it is. */
  raw(method: string, path: string, body?: string | Uint8Array, headers: Fields = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { method, headers, ...(body !== undefined && { body: body as string }) });
  }

  /** A request with a JSON body, or none, and a JSON answer. */
  async call(method: string, path: string, body?: unknown, headers: Fields = {}): Promise<Answer> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.raw(method, path, text, { ...json, ...headers });
    const answer = (await response.json()) as Body;
    if (response.headers.get('content-type') === 'application/problem+json') assertKnown(answer);
    return { status: response.status, headers: response.headers, body: answer };
  }

  /** As `call`; fails unless it was answered 2xx. */
  async done(method: string, path: string, body?: unknown, headers: Fields = {}): Promise<Body> {
    const answer = await this.call(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A VM with 4 MiB of memory from 0 on, which logs dirty pages, and vCPU 0. */
  async machine(id: string): Promise<void> {
    await this.done('POST', '/v1/vms', { id, arch: 's390x' });
    const slot = { guestPhysAddr: 0, size: '0x400000', flags: ['log_dirty_pages'] };
    await this.done('PUT', `/v1/vms/${id}/memslots/0`, slot);
    await this.done('POST', `/v1/vms/${id}/vcpus`, { id: 0 });
  }

  /** A replay of one VM, or of all, once it is over. */
  async replay(vm?: string): Promise<Body> {
    const { id } = await this.done('POST', '/v1/replays', { ...(vm !== undefined && { vm }) });
    const look = () => this.done('GET', `/v1/replays/${String(id)}`);
    return eventually(look, ({ state }) => state !== 'running');
  }

  /** Waits until a record is under a signed checkpoint. */
  async signed(position: number): Promise<void> {
    await covered(this.service.log, position);
  }

  /** The position of the last record of the journal. */
  head(): Promise<number> {
    return this.service.journal.head();
  }
}

export const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');
