import { makeLog } from '../../src/api/http/log.js';
import { EventClient } from '../support/events.js';
import { Receiver } from '../support/receiver.js';
import { Api, type Body } from './support/api.js';
import { X86Guest, replayed } from './support/x86.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const HEADERS = { traceparent: PARENT, tracestate: 'congo=t61rcWkgMzE, rojo=00f067aa0ba902b7' };
const KEPT = { traceparent: PARENT, tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7' };

describe('the trace that a request is part of', () => {
  let api: Api;
  const lines: string[] = [];
  beforeAll(async () => {
    api = await Api.start({}, { log: makeLog('info', { write: (line) => void lines.push(line) }) });
    await api.machine('m');
  });
  afterAll(() => api.close());

  const record = async (position: unknown): Promise<Body> => {
    const { items } = await api.done('GET', `/v1/journal?after=${Number(position) - 1}&limit=1`);
    return (items as Body[])[0] ?? {};
  };

  it('is in the record of its command, done or refused, and in no answer', async () => {
    for (const expected of [201, 409]) {
      const { status, headers, body } = await api.call('POST', '/v1/vms/m/vcpus', { id: 1 }, HEADERS);
      expect(status).toBe(expected);
      expect([...headers.keys()].filter((name) => name.startsWith('trace'))).toEqual([]);
      expect(JSON.stringify(body)).not.toContain(TRACE);
      expect(await record(body['position'])).toMatchObject(KEPT);
    }
  });

  it.each([
    ['not sent', {}],
    ['not valid', { ...HEADERS, traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
  ])('is in no record if it is %s', async (_what, headers) => {
    const { position } = await api.done('PUT', '/v1/vms/m/memory', { gpa: 0, data: 'AA==' }, headers);
    const found = await record(position);
    expect(Object.keys(found).filter((name) => name.startsWith('trace'))).toEqual([]);
  });

  it('is in the records of all VMs that a command has a part in', async () => {
    const target = await (await X86Guest.start(api, 'target')).hook();
    const tool = await X86Guest.start(api, 'tool');
    const { token } = await target.tool('get_map_token');
    await tool.put(0x100000, Buffer.from(String(token), 'base64'));
    const call = { nr: 32, args: [0x100000, '0x5000', '0x9000'] };
    const { position } = await api.done('POST', '/v1/vms/tool/vcpus/0/hypercalls', call, HEADERS);
    const own = await record(position);
    expect(own).toMatchObject({ ...KEPT, counterpart: { vm: 'target' } });
    expect(await record((own['counterpart'] as Body)['position'])).toMatchObject(KEPT);
  });

  it('goes along with events, to streams and to webhooks, as CloudEvents have it', async () => {
    const receiver = await Receiver.start();
    const head = await api.head();
    await api.done('POST', '/v1/webhooks', { url: receiver.url, after: head });
    await api.done('PUT', '/v1/vms/m/memory', { gpa: 0, data: 'AA==' }, HEADERS);
    await api.done('PUT', '/v1/vms/m/memory', { gpa: 0, data: 'AA==' });
    const client = await EventClient.open(`${api.url}/v1/journal/stream`, { 'last-event-id': String(head) });
    const { events } = await client.until(() => client.events.length === 2);
    const [traced, plain] = events.map(({ data }) => JSON.parse(data) as Body);
    expect(traced).toMatchObject({ ...KEPT, data: KEPT });
    expect(plain).not.toHaveProperty('traceparent');
    expect(plain).not.toHaveProperty('tracestate');
    client.close();
    await receiver.until(2);
    expect(receiver.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([traced, plain]);
    await receiver.close();
  });

  it('is in the lines of the log, beside the id of the request', async () => {
    await api.call('GET', '/v1/vms/m', undefined, { ...HEADERS, 'x-request-id': 'traced' });
    await api.call('GET', '/v1/vms/m', undefined, { 'x-request-id': 'plain' });
    const answered = (id: string) =>
      lines.map((line) => JSON.parse(line) as Body).find(({ requestId }) => requestId === id);
    expect(answered('traced')).toMatchObject({ traceId: TRACE, operation: 'getVm', status: 200 });
    expect(answered('plain')).not.toHaveProperty('traceId');
  });

  it('changes nothing of what a replay finds', async () => expect(await replayed(api)).toEqual([]));
});
