import { deserialize, serialize } from 'node:v8';
import { toHex } from '../../domain/audit/bulk.js';
import { MODEL } from '../../domain/audit/model.js';
import { type MemoryRoots, stateDigestWith } from '../../domain/audit/state-digest.js';
import { PAGE_SIZE } from '../../domain/memory/address.js';
import { ChunkStore, type StoredNode } from '../../domain/memory/chunk-store.js';
import { FrameMarks } from '../../domain/memory/frame-marks.js';
import { GuestMemory } from '../../domain/memory/guest-memory.js';
import { INITIAL_REGIONS } from '../../domain/vm/law/regions.js';
import type { Outline, Vm } from '../../domain/vm/state.js';
import type { Breath } from '../breath.js';
import { digester } from '../digester.js';
import type { Journal } from '../journal/journal.js';
import type { SnapshotNode, SnapshotStore } from '../journal/snapshot-store.js';
import type { Past } from './history.js';
import { bodyAt } from './streams.js';

/** Bytes of a digest, and of a child's entry in a stored branch: its index and its digest. */
const DIGEST = 32;
const CHILD = 1 + DIGEST;

/** What a snapshot's control part holds: the state without memory, and what memory is known by. */
interface Control extends MemoryRoots {
  readonly vm: Outline;
}

/** The latest moment that a snapshot may be of. */
export interface Bounds {
  readonly version: number;
  readonly position: number;
}

/** The states of VMs that are kept beside the journal, so that a VM need not be rebuilt from its first record. */
export class Snapshots {
  constructor(
    private readonly journal: Journal,
    private readonly store: SnapshotStore,
  ) {}

  /** Keeps a state, which must not change meanwhile. */
  async keep(vm: Vm, position: number, breath: Breath): Promise<void> {
    const { memory, ...rest } = vm;
    const isKept = (digest: Uint8Array): boolean => this.store.node(vm.id, digest) !== undefined;
    const nodes: SnapshotNode[] = [];
    for (const tree of [memory.pages, memory.marks.store]) {
      for (const [digest, node] of tree.nodes(digester, isKept)) {
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
    await this.store.save({ vm: vm.id, version, position, model: MODEL, control: serialize(control) }, nodes);
  }

  /**
   * The newest state of a VM within bounds. A snapshot that cannot be read, or does not have the state that was recorded, is as
   * good as none; it is dropped.
   *
   * @param withContent whether the content of memory and its marks are wanted too
   */
  async newest(vm: string, upTo: Bounds, withContent: boolean, breath: Breath): Promise<Past | undefined> {
    let snapshot = await this.store.latest(vm, upTo.version);
    while (snapshot && snapshot.position > upTo.position) snapshot = await this.store.latest(vm, snapshot.version - 1);
    if (snapshot?.model !== MODEL) return undefined;
    const { version, position } = snapshot;
    try {
      const control = withRegions(deserialize(snapshot.control) as Control);
      const recorded = (await bodyAt(this.journal, vm, version))?.digests.state;
      if (toHex(stateDigestWith(control.vm, control, digester)) === recorded) {
        const memory = withContent ? await this.memoryOf(vm, control, breath) : emptyMemoryOf(control);
        return { vm: { ...control.vm, memory }, version, position };
      }
    } catch {
      // What follows is for this case too.
    }
    await this.store.drop(vm).catch(() => undefined);
    return undefined;
  }

  /** The memory that belongs to its roots. */
  private async memoryOf(id: string, { slots, pages, marks, remote }: Control, breath: Breath): Promise<GuestMemory> {
    const load = (digest: Uint8Array): StoredNode => {
      const node = this.store.node(id, digest);
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
    return GuestMemory.of(slots, await restore(PAGE_SIZE, pages), frameMarks, remote);
  }
}

function emptyMemoryOf({ slots, remote }: Control): GuestMemory {
  const { pages, marks } = GuestMemory.empty();
  return GuestMemory.of(slots, pages, marks, remote);
}

/** A state that was kept before the chart had all the regions that it has now; those are in their first state. */
const withRegions = ({ vm, ...control }: Control): Control => ({
  ...control,
  vm: { ...vm, regions: { ...INITIAL_REGIONS[vm.arch], ...vm.regions } } as Outline,
});

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
