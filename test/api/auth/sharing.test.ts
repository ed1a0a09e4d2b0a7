import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { world } from '../../../src/infra/world.js';
import { EventClient } from '../../support/events.js';
import { eventually } from '../../support/eventually.js';
import { Receiver } from '../../support/receiver.js';
import { Api } from '../support/api.js';
import { X86Guest } from '../support/x86.js';

const TOKEN_AT = 0x100000;

/** A version of each VM at which they share a page. */
const SHARED: Record<string, number> = {};
const [MEM_MAP, MEM_UNMAP] = [32, 33];

describe('two VMs of different labels that share a page', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sharing-'));
  const store = new TokenStore(dataDir, world);
  let api: Api;
  let receiver: Receiver;

  beforeAll(async () => {
    const open = await Api.start({ dataDir });
    const target = await (await X86Guest.start(open, 'lending-one', { labels: { team: 'a' } })).hook();
    const tool = await X86Guest.start(open, 'borrowing-one', { labels: { team: 'b' } });
    const map = async () => {
      const { token } = await target.tool('get_map_token');
      await tool.put(TOKEN_AT, Buffer.from(String(token), 'base64'));
      return tool.hypercall(MEM_MAP, [TOKEN_AT, '0x5000', '0x9000']);
    };
    expect(await map()).toMatchObject({ result: 0 });
    await tool.guest('store', { gva: '0x9001', data: 'BAU=' });
    for (const { id } of [target, tool]) SHARED[id] = (await open.service.journal.streamHead(id)).version;
    await tool.hypercall(MEM_UNMAP, ['0x9000']);
    expect(await map()).toMatchObject({ result: 0 });
    await target.done('DELETE', '');
    await open.close();
    api = await Api.start({ dataDir }, { tokens: [serviceTokens(store)] });
    receiver = await Receiver.start();
  });
  afterAll(async () => {
    await receiver.close();
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  /** All that somebody finds in the journal, from the stream, and by a webhook. */
  async function learned(...labels: string[]): Promise<readonly string[]> {
    const { token } = store.create({ actor: 'somebody', roles: ['admin'], labels });
    const headers = { authorization: `Bearer ${token}` };
    const paths = [
      '/v1/journal?limit=1000',
      '/v1/vms',
      ...['lending-one', 'borrowing-one'].flatMap((vm) => [
        `/v1/vms/${vm}/journal`,
        `/v1/audit/accesses?vm=${vm}&limit=1000`,
        `/v1/vms/${vm}/memory/blame?gpa=0x4000&size=0x8000`,
      ]),
      '/v1/audit/accesses?limit=1000',
    ];
    const comparisons = ['lending-one', 'borrowing-one'].flatMap((vm) => [
      `/v1/vms/${vm}/diff?from=1`,
      `/v1/vms/${vm}/diff?from=1&to=${String(SHARED[vm])}`,
    ]);
    const textOf = async (path: string): Promise<string> => {
      const response = await api.raw('GET', path, undefined, headers);
      return response.status === 200 ? response.text() : '';
    };
    // These are recorded.
    const compared = await Promise.all(comparisons.map(textOf));
    const head = await api.head();
    const answers = await Promise.all(paths.map(textOf));
    const { items } = JSON.parse(answers[0] ?? '') as { readonly items: readonly { readonly position: number }[] };
    const stream = await EventClient.open(`${api.url}/v1/journal/stream?after=0`, headers);
    await stream.until(() => stream.events.length >= items.length);
    stream.close();
    expect(stream.ids).toEqual(items.map(({ position }) => position));
    const streamed = JSON.stringify(stream.events);
    const { id } = await api.done('POST', '/v1/webhooks', { url: receiver.url, after: 0 }, headers);
    const hook = () => api.done('GET', `/v1/webhooks/${String(id)}`, undefined, headers);
    await eventually(hook, ({ cursor }) => cursor === head);
    const posted = receiver.received.filter(({ headers: of }) => String(of['webhook-id']).startsWith(String(id)));
    expect(posted).toHaveLength(items.length);
    return [...compared, ...answers, streamed, ...posted.map(({ body }) => body)];
  }

  it.each([
    ['team=a', 'lending-one', 'borrowing-one'],
    ['team=b', 'borrowing-one', 'lending-one'],
  ])('of %s: %s says nothing of %s', async (label, own, other) => {
    const texts = await learned(label);
    expect(texts.filter((text) => text.includes(other))).toEqual([]);
    expect(texts.filter((text) => text.includes(own)).length).toBeGreaterThan(10);
  });

  it.each([
    ['team=a', '0x9000', 0],
    ['team=b', '0x5000', 0],
    [undefined, '0x9000', 1],
  ])('of %s: no access is found by the address %s that another has its page at', async (label, gpa, least) => {
    const labels = label === undefined ? [] : [label];
    const { token } = store.create({ actor: 'somebody', roles: ['reader'], labels });
    const headers = { authorization: `Bearer ${token}` };
    const path = `/v1/audit/accesses?gpa=${gpa}&size=4096`;
    const { items } = await api.done('GET', path, undefined, headers);
    const { length } = items as unknown[];
    expect(least === 0 ? length === 0 : length >= least).toBe(true);
  });

  it('a kept answer is none to a token of the same actor that sees less', async () => {
    const tokens = [[], ['team=a']].map((labels) => store.create({ actor: 'twice', roles: ['admin'], labels }).token);
    const [all, some] = tokens.map((token) => ({ authorization: `Bearer ${token}`, 'idempotency-key': 'one' }));
    const { body } = await api.call('POST', '/v1/webhooks', { url: receiver.url }, all);
    expect(body['secret']).toMatch(/^whsec_/);
    const other = await api.call('POST', '/v1/webhooks', { url: receiver.url }, some);
    expect([other.status, other.body['secret']]).toEqual([422, undefined]);
  });

  it.each(['team=a', 'team=b'])('of %s: no record tells where the other has its page', async (label) => {
    const texts = await learned(label);
    expect(texts.filter((text) => /"(?:borrower|lender)Page"/.test(text))).toEqual([]);
  });

  it.each<[label: string | undefined, expected: object]>([
    ['team=a', { backed: true, hidden: true }],
    [undefined, { backed: true, write: expect.objectContaining({ vm: 'borrowing-one' }) as unknown }],
  ])(
    'of %s: bytes of another VM’s are told to be by somebody, and are not said to be nobody’s',
    async (label, expected) => {
      const { token } = store.create({
        actor: 'somebody',
        roles: ['reader'],
        labels: label === undefined ? [] : [label],
      });
      const headers = { authorization: `Bearer ${token}` };
      const now = `/v1/vms/lending-one/memory/blame?gpa=0x5001&size=2`;
      expect(await api.done('GET', now, undefined, headers)).toMatchObject({
        items: [{ gpa: '0x5001', size: '0x2', ...expected }],
      });
    },
  );

  it('say all to whom nothing limits', async () => {
    const texts = (await learned()).join('');
    for (const word of ['"counterpart":{', '"lender":"lending-one"', '"borrower":"borrowing-one"'])
      expect([word, texts.includes(word)]).toEqual([word, true]);
  });
});
