import { deserialize, serialize } from 'node:v8';
import { MODEL } from '../../domain/audit/model.js';
import {
  type EventFilter,
  type RecordBody,
  counterpartsOf,
  eventsOf,
  parseBody,
  rolesOfEvents,
} from '../../domain/audit/record.js';
import { erasureOf, isWhole, settleAll } from '../../domain/audit/remains.js';
import { type MemoryRoots, stateDigestWith } from '../../domain/audit/state-digest.js';
import { toHex } from '../../domain/audit/bulk.js';
import { PAGE_SIZE } from '../../domain/memory/address.js';
import { ChunkStore, type StoredNode } from '../../domain/memory/chunk-store.js';
import { FrameMarks } from '../../domain/memory/frame-marks.js';
import { GuestMemory } from '../../domain/memory/guest-memory.js';
import { applyEntry } from '../../domain/vm/apply.js';
import type { EventType } from '../../domain/vm/event.js';
import { partnersOf } from '../../domain/vm/peers.js';
import { INITIAL_REGIONS } from '../../domain/vm/regions.js';
import type { Outline, Vm } from '../../domain/vm/state.js';
import { Breath } from '../breath.js';
import { digester } from '../digester.js';
import { type Journal, type StoredRecord } from '../journal/journal.js';
import type { SnapshotNode, SnapshotStore } from '../journal/snapshot-store.js';
import { Together } from './together.js';

const PAGE = 500;

/** Bytes of a digest, and of a child's entry in a stored branch: its index and its digest. */
const DIGEST = 32;
const CHILD = 1 + DIGEST;

/** A VM at the end of a part of its stream; `vm` is undefined if it was never created. */
export interface Past {
  readonly vm: Vm | undefined;
  readonly version: number;
  readonly position: number;
}

/** What a snapshot's control part holds: the state without memory, and what memory is known by. */
interface Control extends MemoryRoots {
  readonly vm: Outline;
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
  readonly thaw: (history: History, id: string, control: Control, breath: Breath) => Promise<Vm>;
}

/** Rebuilds VMs from the journal: by the newest snapshot that helps, and the fold of what came after it. */
export class History {
  constructor(
    private readonly journal: Journal,
    private readonly snapshots: SnapshotStore,
  ) {}

  /**
   * The VM after `upTo` records of its stream, or after all. The answer shares nothing with anyone; pages that it borrowed are
   * as they were then.
   */
  async load(vm: string, upTo = Number.MAX_SAFE_INTEGER): Promise<Past> {
    const alone = await this.rebuild(vm, upTo, WHOLE);
    if (alone) return alone;
    const last = upTo === Number.MAX_SAFE_INTEGER ? undefined : await this.record(vm, upTo);
    return new Together(this.journal, this).load(vm, last?.position ?? (await this.journal.head()));
  }

  /** As `load`, but for the content of memory and its marks, which are missing: for state, not for bytes. */
  async outline(vm: string, upTo = Number.MAX_SAFE_INTEGER): Promise<Past> {
    return (await this.rebuild(vm, upTo, OUTLINE)) ?? BEGINNING;
  }

  /** The VM's last snapshot up to a position of the journal; before its first record if there is none. */
  async begin(vm: string, position: number, breath: Breath): Promise<Past> {
    return (await this.fromSnapshot(vm, { version: Number.MAX_SAFE_INTEGER, position }, WHOLE, breath)) ?? BEGINNING;
  }

  /** The version that a VM had at a time (milliseconds since 1970): its last record not younger; 0 before the first. */
  async versionAt(vm: string, time: number): Promise<number> {
    let low = 0;
    let high = (await this.journal.streamHead(vm)).version;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const body = await this.body(vm, middle);
      if (body !== undefined && Date.parse(body.time) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Keeps a state, which must not change meanwhile, so that `load` need not go back before it. */
  async keep(vm: Vm, position: number): Promise<void> {
    const { memory, ...rest } = vm;
    const breath = new Breath();
    const isKept = (digest: Uint8Array): boolean => this.snapshots.node(vm.id, digest) !== undefined;
    const nodes: SnapshotNode[] = [];
    for (const store of [memory.pages, memory.marks.store]) {
      for (const [digest, node] of store.nodes(digester, isKept)) {
        nodes.push(stored(digest, node));
        await breath.take();
      }
    }
    const control: Control = {
      vm: rest,
      slots: memory.slots,
      pages: memory.pages.digest(digester),
      marks: memory.marks.store.digest(digester),
      ...(memory.remote.size > 0 && { remote: memory.remote }),
    };
    const { version } = vm.ledger;
    await this.snapshots.save({ vm: vm.id, version, position, model: MODEL, control: serialize(control) }, nodes);
  }

  /** A state with the memory that belongs to its roots. */
  async thaw(id: string, { vm, slots, pages, marks, remote }: Control, breath: Breath): Promise<Vm> {
    const load = (digest: Uint8Array): StoredNode => {
      const node = this.snapshots.node(id, digest);
      if (node === undefined) throw new Error('the snapshot lacks a node');
      return loaded(node);
    };
    const restore = async (chunkSize: number, root: Uint8Array): Promise<ChunkStore> => {
      const steps = ChunkStore.restore(chunkSize, root, load, digester);
      for (;;) {
        const { done, value } = steps.next();
        if (done) return value;
        await breath.take();
      }
    };
    const frameMarks = new FrameMarks(await restore(new FrameMarks().store.chunkSize, marks));
    return withMemory(vm, GuestMemory.of(slots, await restore(PAGE_SIZE, pages), frameMarks, remote));
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
    const { alone, wanted } = extent;
    const bounds = { version: upTo, position: Number.MAX_SAFE_INTEGER };
    let past: Past = (await this.fromSnapshot(vm, bounds, extent, breath)) ?? BEGINNING;
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

  private async record(vm: string, version: number): Promise<StoredRecord | undefined> {
    const query = { after: 0, limit: 1, vm, afterVersion: version - 1, upToVersion: version };
    return (await this.journal.read(query))[0];
  }

  private async body(vm: string, version: number): Promise<RecordBody | undefined> {
    const record = await this.record(vm, version);
    return record && parseBody(record.bytes);
  }

  /** A snapshot that cannot be read, or does not have the state that was recorded, is as good as none; it is dropped. */
  private async fromSnapshot(
    vm: string,
    upTo: { readonly version: number; readonly position: number },
    { thaw }: Extent,
    breath: Breath,
  ): Promise<Past | undefined> {
    let snapshot = await this.snapshots.latest(vm, upTo.version);
    while (snapshot && snapshot.position > upTo.position)
      snapshot = await this.snapshots.latest(vm, snapshot.version - 1);
    if (snapshot?.model !== MODEL) return undefined;
    const { version, position } = snapshot;
    try {
      const control = withRegions(deserialize(snapshot.control) as Control);
      const recorded = (await this.body(vm, version))?.digests.state;
      if (toHex(stateDigestWith(control.vm, control, digester)) === recorded)
        return { vm: await thaw(this, vm, control, breath), version, position };
    } catch {
      // What follows is for this case too.
    }
    await this.snapshots.drop(vm).catch(() => undefined);
    return undefined;
  }
}

const withMemory = (vm: Outline, memory: GuestMemory): Vm => ({ ...vm, memory });

/** A state that was kept before the chart had all the regions that it has now; those are in their first state. */
const withRegions = ({ vm, ...control }: Control): Control => ({
  ...control,
  vm: { ...vm, regions: { ...INITIAL_REGIONS[vm.arch], ...vm.regions } } as Outline,
});

const WHOLE: Extent = {
  alone: false,
  wanted: () => true,
  thaw: (history, id, control, breath) => history.thaw(id, control, breath),
};

const OUTLINE: Extent = {
  alone: true,
  wanted: (type) => !MEMORY.has(type),
  thaw: (_, _id, { vm, slots, remote }) => {
    const { pages, marks } = GuestMemory.empty();
    return Promise.resolve(withMemory(vm, GuestMemory.of(slots, pages, marks, remote)));
  },
};

function stored(digest: Uint8Array, node: StoredNode): SnapshotNode {
  if ('bytes' in node) return { digest, level: 0, body: node.bytes };
  return {
    digest,
    level: node.level,
    body: Buffer.concat(node.children.map(([index, child]) => Buffer.from([index, ...child]))),
  };
}

function loaded({ level, body }: SnapshotNode): StoredNode {
  if (level === 0) return { level, bytes: body };
  const children: [number, Uint8Array][] = [];
  for (let at = 0; at < body.length; at += CHILD) children.push([body[at] ?? 0, body.subarray(at + 1, at + CHILD)]);
  return { level, children };
}
