import type { TransparencyLog } from '../audit/transparency-log.js';
import type { Followers } from '../followers/followers.js';
import type { Journal } from '../journal/journal.js';
import type { Machines } from '../machines/machines.js';
import { WEBHOOK_STATES, stateOf } from '../webhooks/webhook.js';
import type { Webhooks } from '../webhooks/webhooks.js';
import { Census } from './census.js';
import type { Metrics } from './metrics.js';

/** What is measured at the moment when it is asked for. */
export interface Measured {
  readonly journal: Journal;
  readonly machines: Machines;
  readonly log: TransparencyLog;
  readonly followers: Followers;
  readonly webhooks: Webhooks;
}

/** How many records the last of those who follow is behind. */
const lag = (head: number, positions: readonly number[]): number =>
  positions.reduce((most, position) => Math.max(most, head - position), 0);

/** Adds gauges for what the parts of a service are at. */
export function addGauges(metrics: Metrics, { journal, machines, log, followers, webhooks }: Measured): void {
  const census = new Census(journal);
  metrics.gauge('vmledger_vms', 'VMs that were created and not destroyed.', () => census.count());
  metrics.gauge('vmledger_vms_in_memory', 'VMs whose state is in memory.', () => machines.inMemory);
  metrics.gauge('vmledger_journal_position', 'The position of the last record.', () => journal.head());
  metrics.gauge('vmledger_log_signed_position', 'The last position under a checkpoint.', () => log.newest().size);
  metrics.gauge('vmledger_streams', 'Streams of the journal that are open.', () => followers.positions().length);
  metrics.gauge(
    'vmledger_stream_lag_records',
    'Records that the stream which is furthest behind has not been sent.',
    async () => lag(await journal.head(), followers.positions()),
  );
  metrics.gauges('vmledger_webhooks', 'Webhooks by state.', 'state', () => {
    const states = webhooks.list().map(stateOf);
    return Promise.resolve(WEBHOOK_STATES.map((state) => [state, states.filter((one) => one === state).length]));
  });
  metrics.gauge(
    'vmledger_webhook_lag_records',
    'Records that the webhook which is furthest behind has not delivered or passed over.',
    async () =>
      lag(
        await journal.head(),
        webhooks.list().map(({ cursor }) => cursor),
      ),
  );
}
