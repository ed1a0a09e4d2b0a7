import { deserialize, serialize } from 'node:v8';
import { MODEL } from '../../domain/audit/model.js';
import { type RecordBody, eventsOf, parseBody, rolesOfEvents } from '../../domain/audit/record.js';
import { stateDigest } from '../../domain/audit/state-digest.js';
import { toHex } from '../../domain/audit/bulk.js';
import { PAGE_SIZE } from '../../domain/memory/address.js';
import { ChunkStore, type StoredNode } from '../../domain/memory/chunk-store.js';
import { FrameMarks } from '../../domain/memory/frame-marks.js';
import { GuestMemory } from '../../domain/memory/guest-memory.js';
import { applyEntry } from '../../domain/vm/apply.js';
import type { Vm } from '../../domain/vm/state.js';
import { digester } from '../digester.js';
import { type Journal, type StoredRecord } from '../journal/journal.js';
import type { Snapshot, SnapshotNode, SnapshotStore } from '../journal/snapshot-store.js';

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

/** What a snapshot's control part holds: the state without memory, the digests of memory, and of the whole. */
interface Control {
  readonly vm: Omit<Vm, 'memory'>;
  readonly slots: GuestMemory['slots'];
  readonly pages: Uint8Array;
  readonly marks: Uint8Array;
  readonly state: string;
}

/** Rebuilds VMs from the journal: by the newest snapshot that helps, and the fold of what came after it. */
export class History {
  constructor(
    private readonly journal: Journal,
    private readonly snapshots: SnapshotStore,
  ) {}

  /** The VM after `upTo` records of its stream, or after all. The answer shares nothing with anyone. */
  async load(vm: string, upTo = Number.MAX_SAFE_INTEGER): Promise<Past> {
    let past: Past = (await this.fromSnapshot(vm, upTo)) ?? { vm: undefined, version: 0, position: 0 };
    for (;;) {
      const page = await this.journal.read({
        after: 0,
        limit: PAGE,
        vm,
        afterVersion: past.version,
        upToVersion: upTo,
      });
      for (const record of page) past = await this.next(past, record);
      if (page.length < PAGE) return past;
    }
  }

  /** The state that a record leads to. `past.vm` is used up. */
  async next(past: Past, record: StoredRecord): Promise<Past> {
    const body = parseBody(record.bytes);
    const events = eventsOf(body, await this.bulk(record.position, rolesOfEvents(body)));
    const vm = applyEntry(past.vm, { vm: record.vm, version: record.version, time: body.time, events });
    return { vm, version: record.version, position: record.position };
  }

  /** Bulk data of a record by role; not read at all where `roles` is empty. */
  async bulk(position: number, roles: readonly string[]): Promise<Map<string, Uint8Array>> {
    if (roles.length === 0) return new Map();
    const data = await this.journal.data(position);
    return new Map(data.filter(({ role }) => roles.includes(role)).map(({ role, bytes }) => [role, bytes]));
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
    const isKept = (digest: Uint8Array): boolean => this.snapshots.node(vm.id, digest) !== undefined;
    const nodes = [...memory.pages.nodes(digester, isKept), ...memory.marks.store.nodes(digester, isKept)].map(
      ([digest, node]) => stored(digest, node),
    );
    const control: Control = {
      vm: rest,
      slots: memory.slots,
      pages: memory.pages.digest(digester),
      marks: memory.marks.store.digest(digester),
      state: toHex(stateDigest(vm, digester)),
    };
    const { version } = vm.ledger;
    await this.snapshots.save({ vm: vm.id, version, position, model: MODEL, control: serialize(control) }, nodes);
  }

  private async body(vm: string, version: number): Promise<RecordBody | undefined> {
    const [record] = await this.journal.read({
      after: 0,
      limit: 1,
      vm,
      afterVersion: version - 1,
      upToVersion: version,
    });
    return record && parseBody(record.bytes);
  }

  /** A snapshot counts only if it is of this model and its state has the digest that the record of its version names. */
  private async fromSnapshot(vm: string, upTo: number): Promise<Past | undefined> {
    const snapshot = await this.snapshots.latest(vm, upTo);
    if (snapshot?.model !== MODEL) return undefined;
    try {
      const thawed = this.thaw(snapshot);
      const recorded = (await this.body(vm, snapshot.version))?.digests.state;
      if (toHex(stateDigest(thawed, digester)) === recorded)
        return { vm: thawed, version: snapshot.version, position: snapshot.position };
    } catch {
      // A snapshot that cannot be read is as good as none.
    }
    await this.snapshots.drop(vm);
    return undefined;
  }

  private thaw({ vm, control }: Snapshot): Vm {
    const kept = deserialize(control) as Control;
    const load = (digest: Uint8Array): StoredNode => {
      const node = this.snapshots.node(vm, digest);
      if (node === undefined) throw new Error('the snapshot lacks a node');
      return loaded(node);
    };
    const pages = ChunkStore.restore(PAGE_SIZE, kept.pages, load);
    const marks = new FrameMarks(ChunkStore.restore(new FrameMarks().store.chunkSize, kept.marks, load));
    return { ...kept.vm, memory: GuestMemory.of(kept.slots, pages, marks) };
  }
}

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
