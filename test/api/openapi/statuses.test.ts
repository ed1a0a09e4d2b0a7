import { type AppOptions } from '../../../src/api/app.js';
import { jwtTokens } from '../../../src/infra/access/jwt.js';
import { type Journal, JournalError, type JournalFault } from '../../../src/infra/journal/journal.js';
import type { Service } from '../../../src/infra/service.js';
import { type Document, type Place, placesOf } from '../fuzz/document.js';
import { Api } from '../support/api.js';
import { AUDIENCE, ISSUER } from '../support/identity-provider.js';
import { exchange } from '../support/raw.js';
import { type GoodRequest, goodRequests, prepare } from '../support/requests.js';

/** A service that has what good requests are made to, and can be made to fail. */
interface Target {
  readonly api: Api;
  readonly requests: readonly GoodRequest[];
  readonly operations: ReadonlyMap<string, Place>;
  /** What goes wrong from then on. */
  fail: (() => never) | undefined;
}

async function started(how: AppOptions = {}): Promise<Target> {
  const target: { fail: (() => never) | undefined } = { fail: undefined };
  const api = await Api.start({}, how, (service) => guarded(service, () => target.fail?.()));
  const requests = goodRequests(await prepare(api));
  const document = (await api.done('GET', '/openapi.json')) as unknown as Document;
  const operations = new Map(placesOf(document).map((place) => [place.operation.operationId, place]));
  return Object.assign(target, { api, requests, operations });
}

/** A service of which every part asks first whether something is to go wrong. */
const guarded = (service: Service, ask: () => void): Service =>
  new Proxy(service, {
    get: (parts, name) => {
      ask();
      return Reflect.get(parts, name) as unknown;
    },
  });

const JSON_HEADERS = { 'content-type': 'application/json' };

/** The status of an answer, of which the rest is not waited for. */
async function statusOf(
  { api }: Target,
  { method, path, body }: GoodRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await api.raw(method, path, text, { ...(text !== undefined && JSON_HEADERS), ...headers });
  if (response.headers.get('content-type') === 'text/event-stream') await response.body?.cancel();
  else await response.arrayBuffer();
  return response.status;
}

/** Every operation: whether it is answered a status, and whether the document says that it can be. */
async function answered(
  { requests, operations }: Target,
  status: number,
  ask: (request: GoodRequest) => Promise<number>,
): Promise<{ readonly found: string[]; readonly documented: string[] }> {
  const found: string[] = [];
  for (const request of requests) if ((await ask(request)) === status) found.push(request.operation);
  const documented = requests
    .map(({ operation }) => operation)
    .filter((name) => status in (operations.get(name)?.operation.responses ?? {}));
  return { found, documented };
}

/** Makes a journal refuse whatever is to be written into its file, for a reason of its own. */
function refuseWrites({ journal, webhooks }: Service, fault: JournalFault): void {
  const refuse = () => Promise.reject(new JournalError(fault));
  Object.assign(journal, { append: refuse, appendTogether: refuse } satisfies Partial<Journal>);
  const { store } = (webhooks as unknown as { readonly tools: { readonly store: object } }).tools;
  Object.assign(store, { put: refuse, drop: refuse });
}

describe('statuses that operations have in common', () => {
  let target: Target;
  afterEach(() => target.api.close());

  it('there is a good request to every operation', async () => {
    target = await started();
    expect(target.requests.map(({ operation }) => operation).sort()).toEqual([...target.operations.keys()].sort());
    for (const request of target.requests) {
      const { method, path } = target.operations.get(request.operation) ?? { method: '', path: '' };
      expect([request.operation, request.method]).toEqual([request.operation, method.toUpperCase()]);
      expect(request.path.split('?')[0]).toMatch(
        new RegExp(
          `^${path
            .replaceAll('.', '\\.')
            .replace('{path}', '.+')
            .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
        ),
      );
    }
  });

  it('500: something fails that nobody expected', async () => {
    target = await started();
    const broken = (): never => {
      throw new Error('broken');
    };
    const { found, documented } = await answered(target, 500, async (request) => {
      target.fail = broken;
      return statusOf(target, request).finally(() => (target.fail = undefined));
    });
    expect(found).toEqual(documented);
  });

  it.each([
    [503, 'busy'],
    [507, 'full'],
  ] as const)('%i: the journal is %s', async (status, fault) => {
    target = await started();
    refuseWrites(target.api.service, fault);
    const { found, documented } = await answered(target, status, (request) => statusOf(target, request));
    const writing = status === 507 ? documented : found;
    expect(found).toEqual(writing);
    expect(documented).toEqual(expect.arrayContaining(found) as unknown);
  });

  it('503: who asks cannot be found out', async () => {
    const config = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: new URL('http://127.0.0.1:9/') };
    const claims = { actorClaim: 'sub', rolesClaim: 'roles', labelsClaim: undefined };
    const open = await started();
    const { requests, operations } = open;
    await open.api.close();
    const api = await Api.start({}, { tokens: [jwtTokens({ ...config, ...claims })] });
    target = { api, requests, operations, fail: undefined };
    const token = `${['{"alg":"ES256","kid":"k1"}', '{}'].map((part) => Buffer.from(part).toString('base64url')).join('.')}.AA`;
    const { found, documented } = await answered(target, 503, (request) =>
      statusOf(target, request, { authorization: `Bearer ${token}` }),
    );
    expect(found).toEqual(documented.filter((name) => name !== 'getReadiness'));
  });

  it('412: the VM has moved on', async () => {
    target = await started();
    const { found, documented } = await answered(target, 412, (request) =>
      statusOf(target, request, { 'if-match': '"99999"' }),
    );
    expect(found).toEqual(documented);
  });

  it('413: the body is too large', async () => {
    target = await started();
    const { found, documented } = await answered(target, 413, async ({ method, path }) => {
      const head = [`${method} ${path} HTTP/1.1`, 'host: localhost', 'content-type: application/json'];
      const body = ['content-length: 999999999', 'connection: close'];
      if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) return 0;
      const { status } = await exchange(target.api.url, `${[...head, ...body].join('\r\n')}\r\n\r\n`);
      return status;
    });
    expect(found).toEqual(documented);
  });

  it('415: the body has another media type', async () => {
    target = await started();
    const { found, documented } = await answered(target, 415, (request) =>
      request.method === 'GET' || request.method === 'HEAD'
        ? Promise.resolve(0)
        : statusOf(target, { ...request, body: 'text' }, { 'content-type': 'image/png' }),
    );
    expect(found).toEqual(documented);
  });

  it('422: the key stands for another request', async () => {
    target = await started();
    const key = { 'idempotency-key': 'k' };
    await target.api.done('POST', '/v1/vms', { arch: 's390x', name: 'the first' }, key);
    const { found, documented } = await answered(target, 422, (request) => statusOf(target, request, key));
    expect(found).toEqual(documented.filter((name) => !['GET', 'HEAD'].includes(methodOf(target, name))));
  });

  it('501: a VM of its architecture has no such operation', async () => {
    target = await started();
    const { found, documented } = await answered(target, 501, async (request) => {
      if (request.operation === 'destroyVm') return 0;
      const statuses: number[] = [];
      for (const vm of ['s', 'x', 'a'])
        statuses.push(
          await statusOf(target, { ...request, path: request.path.replace(/^\/v1\/vms\/\w+/, `/v1/vms/${vm}`) }),
        );
      return statuses.includes(501) ? 501 : 0;
    });
    expect(found).toEqual(documented);
  });

  it('429: too many requests', async () => {
    const open = await started();
    const { requests, operations } = open;
    await open.api.close();
    target = { api: await Api.start({}, { rateLimit: 1 }), requests, operations, fail: undefined };
    await target.api.call('GET', '/v1/vms');
    const { found, documented } = await answered(target, 429, (request) => statusOf(target, request));
    expect(found).toEqual(documented);
  });
});

const methodOf = ({ requests }: Target, name: string): string =>
  requests.find(({ operation }) => operation === name)?.method ?? '';
