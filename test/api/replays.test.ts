import { replayShape } from '../../src/api/shapes/replay.js';
import { Api } from './support/api.js';

describe('replays over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('a');
    await api.machine('b');
    for (let i = 0; i < 60; i++) await api.done('POST', '/v1/vms/a/memop', { op: 5, gaddr: i, size: 1, data: 'AQ==' });
  });
  afterAll(() => api.close());

  const eventsOf = async (id: string) => {
    const response = await api.raw('GET', `/v1/replays/${id}/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => replayShape.parse(JSON.parse(data)));
  };

  it.each([
    ['the whole journal', {}, 66],
    ['one VM', { vm: 'a' }, 63],
  ])('re-execute %s, tell their progress and find no divergence', async (_what, body, total) => {
    const { status, headers, body: started } = await api.call('POST', '/v1/replays', body);
    expect(status).toBe(202);
    const { id } = replayShape.parse(started);
    expect(headers.get('location')).toBe(`/v1/replays/${id}`);
    expect(started).toMatchObject({ total, ...body });
    const events = await eventsOf(id);
    expect(events.at(-1)).toMatchObject({ id, state: 'done', checked: total, total, divergences: [] });
    const now = await api.done('GET', `/v1/replays/${id}`);
    expect(replayShape.parse(now)).toEqual(events.at(-1));
    expect(await eventsOf(id)).toEqual([now]);
  });

  it('are started without a body', async () => {
    expect((await api.raw('POST', '/v1/replays')).status).toBe(202);
  });
});
