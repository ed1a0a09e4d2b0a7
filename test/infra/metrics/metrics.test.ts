import { Metrics, OPENMETRICS, PROMETHEUS_TEXT } from '../../../src/infra/metrics/metrics.js';
import { familiesOf, sampleOf } from './open-metrics.js';

describe('metrics', () => {
  it('count commands by type and outcome, and refusals by errno', async () => {
    const metrics = new Metrics();
    metrics.recorded('create_vm', 0);
    metrics.recorded('s390_mem_op', 4);
    metrics.recorded('create_vm', -17);
    metrics.recorded('create_vm', -16);
    metrics.failed('create_vm');
    const families = familiesOf(await metrics.tell(OPENMETRICS));
    const count = (labels: string) => sampleOf(families, `vmledger_commands_total{${labels}}`);
    expect(count('type="create_vm",outcome="done"')).toBe(1);
    expect(count('type="s390_mem_op",outcome="done"')).toBe(1);
    expect(count('type="create_vm",outcome="refused"')).toBe(2);
    expect(count('type="create_vm",outcome="failed"')).toBe(1);
    expect(sampleOf(families, 'vmledger_refusals_total{errno="EEXIST"}')).toBe(1);
    expect(sampleOf(families, 'vmledger_refusals_total{errno="EBUSY"}')).toBe(1);
  });

  it('tell the latency of the journal in seconds, and the size of its batches', async () => {
    const metrics = new Metrics();
    metrics.committed(3, [0.4, 0.6, 3000]);
    metrics.committed(0, [1]);
    const families = familiesOf(await metrics.tell(OPENMETRICS));
    expect(families.get('vmledger_journal_append_seconds')?.type).toBe('histogram');
    expect(sampleOf(families, 'vmledger_journal_append_seconds_bucket{le="0.0005"}')).toBe(1);
    expect(sampleOf(families, 'vmledger_journal_append_seconds_bucket{le="2.5"}')).toBe(3);
    expect(sampleOf(families, 'vmledger_journal_append_seconds_bucket{le="+Inf"}')).toBe(4);
    expect(sampleOf(families, 'vmledger_journal_append_seconds_sum')).toBeCloseTo(3.002);
    expect(sampleOf(families, 'vmledger_journal_batch_records_bucket{le="2"}')).toBe(0);
    expect(sampleOf(families, 'vmledger_journal_batch_records_count')).toBe(1);
  });

  it('are the same in both formats, however often they are told', async () => {
    const metrics = new Metrics();
    metrics.answered('createVm', 201);
    for (let times = 0; times < 2; times++) {
      expect(await metrics.tell(OPENMETRICS)).toContain(
        '# TYPE vmledger_http_requests counter\nvmledger_http_requests_total{operation="createVm",status="201"} 1\n',
      );
      const text = await metrics.tell(PROMETHEUS_TEXT);
      expect(text).toContain(
        '# TYPE vmledger_http_requests_total counter\nvmledger_http_requests_total{operation="createVm",status="201"} 1\n',
      );
      expect(text).not.toContain('# EOF');
    }
  });

  it('leave out a gauge that cannot be read, as long as it cannot', async () => {
    const metrics = new Metrics();
    let isBroken = false;
    metrics.gauge('a', 'A.', () => (isBroken ? Promise.reject(new Error('broken')) : 7));
    metrics.gauges('b', 'B.', 'of', () =>
      isBroken ? Promise.reject(new Error('broken')) : Promise.resolve([['x', 1] as const, ['y', 2] as const]),
    );
    const samples = async () => {
      const families = familiesOf(await metrics.tell(OPENMETRICS));
      return ['a', 'b{of="x"}', 'b{of="y"}'].map((sample) => sampleOf(families, sample));
    };
    expect(await samples()).toEqual([7, 1, 2]);
    isBroken = true;
    expect(await samples()).toEqual([undefined, undefined, undefined]);
    isBroken = false;
    expect(await samples()).toEqual([7, 1, 2]);
  });
});
