import { request } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { cloudEventShape } from '../../src/api/shapes/journal.js';
import { EventClient } from '../support/events.js';
import { eventually } from '../support/eventually.js';
import { Api, base64 } from './support/api.js';
import { connected } from './support/raw.js';

const STREAM = '/v1/journal/stream';

describe('the stream of the journal', () => {
  let api: Api;
  let middle: string;
  const clients: EventClient[] = [];
  const open = async (query = '', headers = {}): Promise<EventClient> => {
    const client = await EventClient.open(`${api.url}${STREAM}${query}`, headers);
    clients.push(client);
    return client;
  };
  const write = (vm: string, gaddr: string, size = 16) =>
    api.done('POST', `/v1/vms/${vm}/memop`, { op: 5, gaddr, size, data: base64(Buffer.alloc(size)) });

  beforeAll(async () => {
    api = await Api.start();
    await api.machine('a'); // positions 1 to 3
    await sleep(5);
    middle = api.service.world.now().toISOString();
    await sleep(5);
    await api.machine('b'); // 4 to 6
    await write('a', '0x5ff8'); // 7
    await api.call('POST', '/v1/vms/a/vcpus', { id: 0 }); // 8: EEXIST
    await api.done('POST', '/v1/vms/b/memop', { op: 4, gaddr: '0x9000', size: 8 }); // 9
  });
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  afterAll(() => api.close());

  it('is an event stream that nobody may keep or hold back', async () => {
    const client = await open();
    const { response } = client;
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(response.headers['x-request-id']).toMatch(/./);
    await client.until(() => client.bytes > 0);
    expect(client.parser.retry).toBe(1000);
  });

  it('has each record as a CloudEvent', async () => {
    const { events } = await open('', { 'last-event-id': '0' }).then((client) =>
      client.until(() => client.events.length === 9),
    );
    const { items } = (await api.done('GET', '/v1/journal')) as { items: Record<string, unknown>[] };
    const parsed = events.map(({ data }) => cloudEventShape.parse(JSON.parse(data)));
    expect(parsed.map(({ data }) => data)).toEqual(items);
    expect(events.map(({ id, type }) => [id, type])).toEqual(parsed.map(({ id }) => [id, 'message']));
    expect(parsed[7]).toMatchObject({
      specversion: '1.0',
      id: '8',
      source: '/v1/vms/a',
      type: 'dev.vmledger.create_vcpu.refused',
      subject: '5',
      time: items[7]?.['time'],
      datacontenttype: 'application/json',
    });
    expect(parsed[6]).toMatchObject({ type: 'dev.vmledger.s390_mem_op.done', source: '/v1/vms/a', subject: '4' });
  });

  it.each<[string, string, readonly number[]]>([
    ['after=7', '', [8, 9]],
    ['', '7', [8, 9]],
    ['after=2', '7', [8, 9]],
    ['after=2', '', [3, 4, 5, 6, 7, 8, 9]],
    ['vm=b', '0', [4, 5, 6, 9]],
    ['vm=b', '5', [6, 9]],
    ['type=create_vcpu', '0', [3, 6, 8]],
    ['outcome=refused', '0', [8]],
    ['outcome=done&type=create_vcpu&vm=a', '0', [3]],
    ['actor=local&vm=a', '0', [1, 2, 3, 7, 8]],
    ['gpa=0x6000', '0', [7]],
    ['gpa=0x5000&size=4096', '0', [7]],
    ['gpa=0x6001&size=0x3000', '0', [7, 9]],
    ['to=MIDDLE', '0', [1, 2, 3]],
    ['from=MIDDLE', '0', [4, 5, 6, 7, 8, 9]],
  ])('?%s with Last-Event-ID "%s" is what the journal answers', async (query, last, expected) => {
    const client = await open(`?${query.replace('MIDDLE', middle)}`, last === '' ? {} : { 'last-event-id': last });
    await client.until(() => client.bytes > 0);
    expect(client.parser.firstEventId).toBe(last || (/after=(\d+)/.exec(query)?.[1] ?? ''));
    await client.until(() => client.events.length >= expected.length);
    await sleep(10);
    expect(client.ids).toEqual(expected);
  });

  it('begins with what comes next, and says where that is', async () => {
    const client = await open();
    await client.until(() => client.bytes > 0);
    const head = await api.head();
    expect(client.parser.lastEventId).toBe(String(head));
    await write('a', '0x1000');
    await client.until(() => client.events.length > 0);
    expect(client.ids).toEqual([head + 1]);
  });

  it.each(['vm=later', 'type=create_vm&vm=later', 'gpa=0x2000&vm=later', 'outcome=refused&vm=later'])(
    'has the VM that is made later: %s',
    async (query) => {
      const vm = `later${clients.length}${Date.now()}`;
      const client = await open(`?${query.replace('later', vm)}`);
      await client.until(() => client.bytes > 0);
      const before = await api.head();
      await api.machine(vm);
      await write('a', '0x2000');
      await write(vm, '0x2000');
      await api.call('POST', `/v1/vms/${vm}/vcpus`, { id: 0 });
      const { items } = (await api.done('GET', `/v1/journal?after=${before}&${query.replace('later', vm)}`)) as {
        items: { position: number }[];
      };
      expect(items.length).toBeGreaterThan(0);
      await client.until(() => client.events.length >= items.length);
      expect(client.ids).toEqual(items.map(({ position }) => position));
    },
  );

  it.each([
    ['a word', 'x', 'Last-Event-ID: must be the id of an event'],
    ['a negative number', '-1', 'Last-Event-ID: must be the id of an event'],
    ['an id beyond the journal', '1000000', 'Last-Event-ID: is beyond'],
  ])('refuses %s as the last event', async (_what, id, detail) => {
    const { status, body } = await api.call('GET', STREAM, undefined, { 'last-event-id': id });
    expect([status, body['detail']]).toEqual([400, expect.stringContaining(detail)]);
  });

  it.each([
    ['limit=1', 'limit'],
    ['cursor=x', 'cursor'],
    ['after=x', 'after'],
    ['after=1000000', 'after'],
    ['size=1', 'size'],
    ['gpa=0xffffffffffffffff&size=2', 'size'],
    ['type=reboot', 'type'],
  ])('refuses ?%s', async (query, field) => {
    const { status, body } = await api.call('GET', `${STREAM}?${query}`);
    expect([status, body['detail']]).toEqual([400, expect.stringContaining(`${field}: `)]);
  });

  it('answers HEAD at once, and streams nothing', async () => {
    const head = request(`${api.url}${STREAM}`, { method: 'HEAD' });
    head.end();
    const [response] = (await once(head, 'response')) as [EventClient['response']];
    response.resume();
    await once(response, 'end');
    expect(response.headers['content-type']).toBe('text/event-stream');
  });

  it('forgets clients that have gone', async () => {
    const server = api.app.nest.getHttpServer();
    const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    const before = await connections();
    for (let i = 0; i < 20; i++) {
      const sockets = await Promise.all([...Array(50).keys()].map(() => connected(api.url)));
      for (const socket of sockets) socket.write(`GET ${STREAM}?after=0 HTTP/1.1\r\nHost: x\r\n\r\n`);
      await sleep(i);
      for (const socket of sockets) socket.destroy();
    }
    await eventually(connections, (count) => count <= before);
    await write('a', '0x3000');
    expect(api.log).toEqual([]);
  });
});
