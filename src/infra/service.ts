import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Sight } from './access/sight.js';
import { AccessIndex } from './accesses/access-index.js';
import { type LogOptions, TransparencyLog } from './audit/transparency-log.js';
import { lockDataDir } from './data-dir-lock.js';
import { ACCESSES_FILE, LEDGER_FILE } from './data-dir.js';
import { Erasures } from './erasures/erasures.js';
import { Followers } from './followers/followers.js';
import type { AnswerStore } from './journal/answer-store.js';
import { pruning } from './journal/pruning.js';
import type { Journal } from './journal/journal.js';
import { openSqliteJournal } from './journal/sqlite-journal.js';
import { History } from './machines/history.js';
import { addGauges } from './metrics/gauges.js';
import { Metrics } from './metrics/metrics.js';
import { makePrivately } from './private-file.js';
import { Machines } from './machines/machines.js';
import { VmLabels } from './machines/vm-labels.js';
import { Replays } from './replays.js';
import type { Backoff } from './webhooks/backoff.js';
import { Webhooks } from './webhooks/webhooks.js';
import { type World, world as realWorld } from './world.js';

/** Where the ledger lives, and how. */
export interface ServiceOptions {
  /** Holds everything that must last; made if absent. */
  readonly dataDir: string;
  /** Most pages of 4 KiB that the journal's file may have; unbounded if absent. */
  readonly maxPages?: number;
  /** Milliseconds to wait for a lock that another process holds. */
  readonly busyTimeout?: number;
  readonly world?: World;
  readonly log?: LogOptions;
  /** When failed deliveries of webhooks are tried again. */
  readonly backoff?: Backoff;
  /** Milliseconds that deliveries of webhooks have left when the service closes. */
  readonly grace?: number;
}

/** Everything behind the API. */
export interface Service {
  readonly machines: Machines;
  readonly journal: Journal;
  /** What was answered to clients who may ask again. */
  readonly answers: AnswerStore;
  /** What is there for whom. */
  readonly sight: Sight;
  readonly history: History;
  readonly replays: Replays;
  readonly erasures: Erasures;
  /** The journal as others verify it. */
  readonly log: TransparencyLog;
  readonly followers: Followers;
  readonly webhooks: Webhooks;
  readonly world: World;
  /** Who touched which guest memory. */
  readonly accesses: AccessIndex;
  readonly metrics: Metrics;
  /** Waits for what is under way, then releases the ledger. */
  close(): Promise<void>;
}

/**
 * Opens the ledger, migrated to this version.
 *
 * @throws if it cannot be opened, is not a ledger, is of a newer version, is served by another process (DataDirInUseError),
 *   or is not the one that its log signed (LogForkError)
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDataDir(options.dataDir);
  try {
    return await openLocked(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openLocked(
  { dataDir, world = realWorld, log: logOptions, backoff, grace, ...options }: ServiceOptions,
  unlock: () => void,
): Promise<Service> {
  const metrics = new Metrics();
  const file = join(dataDir, LEDGER_FILE);
  makePrivately(file);
  const ledger = await openSqliteJournal({ file, ...options }, metrics);
  const { journal, snapshots, tree, answers, webhooks: store } = ledger;
  const log = await TransparencyLog.open(dataDir, journal, tree, logOptions).catch(async (error: unknown) => {
    await journal.close();
    throw error;
  });
  const history = new History(journal, snapshots);
  const replays = new Replays(journal, history, world);
  const followers = new Followers(journal);
  const machines = new Machines(journal, history, world, metrics);
  await machines.recall();
  const erasures = new Erasures(journal, machines);
  const sight = new Sight(journal, new VmLabels(journal));
  const webhooks = await Webhooks.open({ journal, followers, sight, store, world, backoff, grace });
  addGauges(metrics, { journal, machines, log, followers, webhooks });
  const stopPruning = pruning(answers, world);
  const files = { ledger: join(dataDir, LEDGER_FILE), index: join(dataDir, ACCESSES_FILE) };
  const accesses = new AccessIndex(journal, files);
  return {
    machines,
    journal,
    answers,
    sight,
    world,
    metrics,
    history,
    replays,
    erasures,
    log,
    followers,
    webhooks,
    accesses,
    close: async () => {
      await accesses.close();
      await webhooks.close();
      stopPruning();
      await replays.close();
      await erasures.close();
      followers.close();
      await log.close();
      await journal.close();
      unlock();
    },
  };
}
