import { type EventFilter, eventsOf, rolesOfEvents } from '../../domain/audit/open-record.js';
import { type RecordBody, counterpartsOf, parseBody } from '../../domain/audit/record.js';
import { erasureOf, isWhole, settleAll } from '../../domain/audit/remains.js';
import { applyEntry } from '../../domain/vm/folds/apply.js';
import type { EventType } from '../../domain/vm/facts/event.js';
import { partnersOf } from '../../domain/vm/peers.js';
import type { Vm } from '../../domain/vm/state.js';
import { Breath } from '../breath.js';
import type { Journal, StoredRecord } from '../journal/journal.js';
import type { SnapshotStore } from '../journal/snapshot-store.js';
import { Snapshots } from './snapshots.js';
import { bodyAt, recordAt } from './streams.js';
import { Together } from './together.js';

const PAGE = 500;

/** A VM at the end of a part of its stream; `vm` is undefined if it was never created. */
export interface Past {
  readonly vm: Vm | undefined;
  readonly version: number;
  readonly position: number;
}

/** Facts that change nothing but pages and marks; without them a VM is what it is, but for its memory. */
const MEMORY: ReadonlySet<string> = new Set<EventType>([
  'memory_loaded',
  'memory_read',
  'memory_stored',
  'memory_compared',
  'memory_made_writable',
  'storage_keys_set',
  'cmma_values_set',
  'dirty_log_cleared',
]);

/** A VM before its first record. */
const BEGINNING: Past = { vm: undefined, version: 0, position: 0 };

/** How much of a VM is rebuilt: all of it, or its outline, which has everything but the content of memory. */
interface Extent {
  /** Whether the VM's own stream is enough, whatever pages it shares. */
  readonly alone: boolean;
  readonly wanted: EventFilter;
  readonly withContent: boolean;
}

/** Rebuilds VMs from the journal: by the newest snapshot that helps, and the fold of what came after it. */
export class History {
  private readonly snapshots: Snapshots;

  constructor(
    private readonly journal: Journal,
    store: SnapshotStore,
  ) {
    this.snapshots = new Snapshots(journal, store);
  }

  /**
   * The VM after `upTo` records of its stream, or after all. The answer shares nothing with anyone; pages that it borrowed are
   * as they were then.
   */
  async load(vm: string, upTo = Number.MAX_SAFE_INTEGER): Promise<Past> {
    const alone = await this.rebuild(vm, upTo, WHOLE);
    if (alone) return alone;
    const last = upTo === Number.MAX_SAFE_INTEGER ? undefined : await recordAt(this.journal, vm, upTo);
    return new Together(this.journal, this).load(vm, last?.position ?? (await this.journal.head()));
  }

  /** As `load`, but for the content of memory and its marks, which are missing: for state, not for bytes. */
  async outline(vm: string, upTo = Number.MAX_SAFE_INTEGER): Promise<Past> {
    return (await this.rebuild(vm, upTo, OUTLINE)) ?? BEGINNING;
  }

  /** The VM's last snapshot up to a position of the journal; before its first record if there is none. */
  async begin(vm: string, position: number, breath: Breath): Promise<Past> {
    return (await this.snapshots.newest(vm, { version: Number.MAX_SAFE_INTEGER, position }, true, breath)) ?? BEGINNING;
  }

  /** The version that a VM had at a time (milliseconds since 1970): its last record not younger; 0 before the first. */
  async versionAt(vm: string, time: number): Promise<number> {
    let low = 0;
    let high = (await this.journal.streamHead(vm)).version;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const body = await bodyAt(this.journal, vm, middle);
      if (body !== undefined && Date.parse(body.time) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Keeps a state, which must not change meanwhile, so that `load` need not go back before it. */
  keep(vm: Vm, position: number): Promise<void> {
    return this.snapshots.keep(vm, position, new Breath());
  }

  /**
   * The state that a record leads to, and the record. `past.vm` is used up. Where erasures took what the record stored, what is
   * erased in the state has the digests that they left.
   *
   * @param wanted which of the facts are folded
   * @param peers VMs in whose pages the record may have stored
   */
  async next(
    past: Past,
    { vm: id, version, position, bytes }: StoredRecord,
    wanted: EventFilter = WHOLE.wanted,
    peers: readonly Vm[] = [],
  ): Promise<{ readonly past: Past; readonly body: RecordBody }> {
    const body = parseBody(bytes);
    const roles = rolesOfEvents(body, wanted);
    const bulk = await this.bulk(position, roles);
    const isWholeRecord = roles.every((role) => bulk.has(role));
    const by = isWholeRecord ? undefined : erasureOf(await this.journal.remains(position));
    const events = eventsOf(body, bulk, wanted, by);
    const vm = applyEntry(past.vm, { vm: id, version, time: body.time, events });
    const touched = vm ? [vm, ...peers] : [];
    if (!touched.every(isWhole)) settleAll(touched, await this.journal.remains(position));
    return { past: { vm, version, position }, body };
  }

  /** The VM by its own stream; undefined if it takes the streams of others too. */
  private async rebuild(vm: string, upTo: number, extent: Extent): Promise<Past | undefined> {
    const breath = new Breath();
    const { alone, wanted, withContent } = extent;
    const bounds = { version: upTo, position: Number.MAX_SAFE_INTEGER };
    let past: Past = (await this.snapshots.newest(vm, bounds, withContent, breath)) ?? BEGINNING;
    if (!alone && past.vm && partnersOf(past.vm).size > 0) return undefined;
    for (;;) {
      const page = await this.journal.read({
        after: 0,
        limit: PAGE,
        vm,
        afterVersion: past.version,
        upToVersion: upTo,
      });
      for (const record of page) {
        const step = await this.next(past, record, wanted);
        if (!alone && counterpartsOf(step.body).length > 0) return undefined;
        past = step.past;
        await breath.take();
      }
      if (page.length < PAGE) return past;
    }
  }

  /** Bulk data of a record by role; not read at all where `roles` is empty. */
  private async bulk(position: number, roles: readonly string[]): Promise<Map<string, Uint8Array>> {
    if (roles.length === 0) return new Map();
    const data = await this.journal.data(position);
    return new Map(data.filter(({ role }) => roles.includes(role)).map(({ role, bytes }) => [role, bytes]));
  }
}

const WHOLE: Extent = { alone: false, wanted: () => true, withContent: true };

const OUTLINE: Extent = { alone: true, wanted: (type) => !MEMORY.has(type), withContent: false };
