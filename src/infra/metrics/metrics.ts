import { Counter, Gauge, Histogram, type Metric, Registry, collectDefaultMetrics } from 'prom-client';
import { ERRNO, type Errno } from '../../domain/errno.js';
import type { CommandMeter, JournalMeter, RequestMeter } from './meters.js';

/** Media types in which metrics are told: OpenMetrics 1.0, and the older text format of Prometheus. */
export const OPENMETRICS = Registry.OPENMETRICS_CONTENT_TYPE;
export const PROMETHEUS_TEXT = Registry.PROMETHEUS_CONTENT_TYPE;

/** Seconds, from a disk that syncs at once to one that is in trouble. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Records; the last is what the writer takes at most. */
const RECORDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

const NAMES = new Map(Object.entries(ERRNO).map(([name, number]) => [number as number, name as Errno]));

/**
 * What the service counts and measures of itself. No label has a value that a client can choose: types are those of commands
 * that were decided, and operations those that are served.
 */
export class Metrics implements CommandMeter, JournalMeter, RequestMeter {
  private readonly openMetrics = new Registry<typeof OPENMETRICS>();
  private readonly text = new Registry();

  private readonly commands = this.add(
    new Counter({
      name: 'vmledger_commands_total',
      help: 'Commands by type: done and refused ones are in the journal, failed ones could not be recorded.',
      labelNames: ['type', 'outcome'],
      registers: [],
    }),
  );
  private readonly refusals = this.add(
    new Counter({
      name: 'vmledger_refusals_total',
      help: 'Refused commands by errno.',
      labelNames: ['errno'],
      registers: [],
    }),
  );
  private readonly waiting = this.add(
    new Histogram({
      name: 'vmledger_journal_append_seconds',
      help: 'How long a record waited until it was durable.',
      buckets: SECONDS,
      registers: [],
    }),
  );
  private readonly batches = this.add(
    new Histogram({
      name: 'vmledger_journal_batch_records',
      help: 'Records that went into the journal in one transaction.',
      buckets: RECORDS,
      registers: [],
    }),
  );
  private readonly requests = this.add(
    new Counter({
      name: 'vmledger_http_requests_total',
      help: 'Requests that were answered, by operation and status.',
      labelNames: ['operation', 'status'],
      registers: [],
    }),
  );

  constructor() {
    this.openMetrics.setContentType(OPENMETRICS);
  }

  recorded(type: string, ret: number): void {
    this.commands.inc({ type, outcome: ret < 0 ? 'refused' : 'done' });
    if (ret < 0) this.refusals.inc({ errno: NAMES.get(-ret) ?? 'unknown' });
  }

  failed(type: string): void {
    this.commands.inc({ type, outcome: 'failed' });
  }

  committed(records: number, waited: readonly number[]): void {
    if (records > 0) this.batches.observe(records);
    for (const milliseconds of waited) this.waiting.observe(milliseconds / 1000);
  }

  answered(operation = 'none', status: number): void {
    this.requests.inc({ operation, status });
  }

  /** Adds a gauge that is read when it is asked for. It is left out as long as it cannot be read. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    this.gauges(name, help, undefined, async () => [['', await read()]]);
  }

  /** As `gauge`, with a value for each value of a label. */
  gauges(
    name: string,
    help: string,
    label: string | undefined,
    read: () => Promise<readonly (readonly [string, number])[]>,
  ): void {
    const labelNames = label === undefined ? [] : [label];
    const collect = async function (this: Gauge): Promise<void> {
      const values = await read().catch(() => []);
      this.reset();
      if (label === undefined) this.remove();
      for (const [of, value] of values) this.set(label === undefined ? {} : { [label]: of }, value);
    };
    this.add(new Gauge({ name, help, labelNames, registers: [], collect }));
  }

  /** Adds what prom-client measures of a Node process: processor time, memory, garbage collection, the event loop. */
  observeProcess(): void {
    const register = new Registry();
    collectDefaultMetrics({ register });
    for (const metric of register.getMetricsAsArray()) this.add(metric as unknown as Metric);
  }

  /** All of them as text of one of the two media types. */
  tell(type: typeof OPENMETRICS | typeof PROMETHEUS_TEXT): Promise<string> {
    return (type === OPENMETRICS ? this.openMetrics : this.text).metrics();
  }

  private add<Kind extends Metric>(metric: Kind): Kind {
    this.openMetrics.registerMetric(metric);
    this.text.registerMetric(named(metric));
    return metric;
  }
}

/** A metric under the name that it was made with: to tell it in OpenMetrics cuts `_total` off its own. */
function named(metric: Metric): Metric {
  const { name } = metric as unknown as { readonly name: string };
  const get = async () => ({ ...(await metric.get()), name });
  return { name, get } as unknown as Metric;
}
