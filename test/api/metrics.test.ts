import { EventClient } from '../support/events.js';
import { eventually } from '../support/eventually.js';
import { type Family, familiesOf, sampleOf } from '../infra/metrics/open-metrics.js';
import { Api } from './support/api.js';
import { X86Guest } from './support/x86.js';

describe('GET /metrics', () => {
  let api: Api;
  beforeEach(async () => {
    api = await Api.start();
  });
  afterEach(() => api.close());

  const scrape = async (): Promise<ReadonlyMap<string, Family>> =>
    familiesOf(await (await api.raw('GET', '/metrics')).text());
  const sample = async (name: string): Promise<number | undefined> => sampleOf(await scrape(), name);
  const until = (name: string, wanted: number): Promise<number | undefined> =>
    eventually(
      () => sample(name),
      (value) => value === wanted,
    );

  it.each([
    ['nothing', '', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
    ['anything', '*/*', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
    [
      'what Prometheus asks for',
      'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ],
    ['text', 'text/plain', 'text/plain; version=0.0.4; charset=utf-8'],
  ])('answers whoever asks for %s in a format that he reads', async (_what, accept, type) => {
    const response = await api.raw('GET', '/metrics', undefined, { accept });
    expect(response.headers.get('content-type')).toBe(type);
    expect((await response.text()).endsWith('# EOF\n')).toBe(type.startsWith('application/'));
  });

  it('counts every record once, by type and outcome, and nothing that never was a command', async () => {
    await api.machine('m');
    await api.call('POST', '/v1/vms/m/vcpus', { id: 0 });
    await api.call('POST', '/v1/vms/m/memop', { op: 'nonsense', size: 1 });
    await api.call('POST', '/v1/vms/nobody/vcpus', { id: 0 });
    await api.call('POST', '/v1/vms/m/vcpus', { id: 1 }, { 'if-match': '"1"' });
    const families = await scrape();
    const commands = families.get('vmledger_commands')?.samples ?? new Map<string, number>();
    expect(Object.fromEntries(commands)).toEqual({
      'vmledger_commands_total{type="create_vm",outcome="done"}': 1,
      'vmledger_commands_total{type="set_user_memory_region",outcome="done"}': 1,
      'vmledger_commands_total{type="create_vcpu",outcome="done"}': 1,
      'vmledger_commands_total{type="create_vcpu",outcome="refused"}': 1,
    });
    expect(sampleOf(families, 'vmledger_refusals_total{errno="EEXIST"}')).toBe(1);
    expect(sampleOf(families, 'vmledger_journal_append_seconds_count')).toBe(await api.head());
    expect(sampleOf(families, 'vmledger_journal_batch_records_sum')).toBe(await api.head());
    expect(sampleOf(families, 'vmledger_journal_position')).toBe(await api.head());
  });

  it('counts both records of a command that two VMs have a part in', async () => {
    const target = await (await X86Guest.start(api, 'target')).hook();
    const tool = await X86Guest.start(api, 'tool');
    const { token } = await target.tool('get_map_token');
    await tool.put(0x100000, Buffer.from(String(token), 'base64'));
    await tool.hypercall(32, [0x100000, '0x5000', '0x9000']);
    const families = await scrape();
    const counts = families.get('vmledger_commands')?.samples ?? new Map<string, number>();
    expect(counts.get('vmledger_commands_total{type="lend_page",outcome="done"}')).toBe(1);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(await api.head());
    expect(sampleOf(families, 'vmledger_vms_in_memory')).toBe(2);
  });

  it('counts commands that could not be recorded', async () => {
    await api.machine('m');
    await api.service.journal.close();
    expect((await api.call('POST', '/v1/vms/m/vcpus', { id: 1 })).status).toBe(503);
    expect(await sample('vmledger_commands_total{type="create_vcpu",outcome="failed"}')).toBe(1);
    expect(await sample('vmledger_journal_position')).toBeUndefined();
  });

  it('counts the VMs that live', async () => {
    await api.machine('a');
    await api.machine('b');
    expect(await sample('vmledger_vms')).toBe(2);
    await api.done('DELETE', '/v1/vms/a');
    expect(await sample('vmledger_vms')).toBe(1);
  });

  it('has no label that a client chooses', async () => {
    await api.machine('secret-vm');
    await api.call('GET', '/v1/nothing-at-all');
    await api.call('BREW', '/v1/vms').catch(() => undefined);
    const text = await (await api.raw('GET', '/metrics')).text();
    expect(text).toContain('vmledger_http_requests_total{operation="none",status="404"} 1\n');
    expect(text).not.toMatch(/secret-vm|nothing-at-all|BREW/);
  });

  it('tells how far streams are behind, and forgets those that left', async () => {
    await api.machine('m');
    const client = await EventClient.open(`${api.url}/v1/journal/stream`, { 'last-event-id': '0' });
    await client.until(() => client.ids.length === 3);
    const slow = api.service.followers.join(0);
    expect(await sample('vmledger_streams')).toBe(2);
    expect(await sample('vmledger_stream_lag_records')).toBe(3);
    slow.leave();
    await until('vmledger_stream_lag_records', 0);
    client.close();
    await until('vmledger_streams', 0);
  });

  it('tells the states of webhooks and how far they are behind', async () => {
    await api.machine('m');
    const settings = { url: 'http://127.0.0.1:9/', maxAttempts: 1, after: 0 };
    const { id } = (await api.done('POST', '/v1/webhooks', settings)) as { id: string };
    await until('vmledger_webhooks{state="dead"}', 1);
    expect(await sample('vmledger_webhooks{state="active"}')).toBe(0);
    expect(await sample('vmledger_webhook_lag_records')).toBe(3);
    await api.done('DELETE', `/v1/webhooks/${id}`);
    expect(await sample('vmledger_webhook_lag_records')).toBe(0);
  });

  it('tells up to where the log is signed', async () => {
    await api.machine('m');
    await api.signed(3);
    expect(await sample('vmledger_log_signed_position')).toBe(3);
  });

  it('measures the process where it is asked to', async () => {
    expect((await scrape()).has('process_cpu_seconds')).toBe(false);
    api.service.metrics.observeProcess();
    expect((await scrape()).has('process_cpu_seconds')).toBe(true);
  });
});
