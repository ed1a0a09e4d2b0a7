import type { Snapshot, SnapshotNode, SnapshotStore } from './snapshot-store.js';

/** Snapshots without a file, for tests. */
export class MemorySnapshotStore implements SnapshotStore {
  private readonly snapshots = new Map<string, Map<number, Snapshot>>();
  private readonly nodes = new Map<string, Map<string, SnapshotNode>>();

  async save(snapshot: Snapshot, nodes: readonly SnapshotNode[]): Promise<void> {
    const { vm, version } = snapshot;
    const known = this.nodes.get(vm) ?? new Map<string, SnapshotNode>();
    for (const { digest, level, body } of nodes)
      known.set(keyOf(digest), { digest: digest.slice(), level, body: body.slice() });
    this.nodes.set(vm, known);
    this.snapshots.set(vm, new Map(this.snapshots.get(vm)).set(version, snapshot));
    return Promise.resolve();
  }

  async latest(vm: string, atMost: number): Promise<Snapshot | undefined> {
    const versions = [...(this.snapshots.get(vm)?.keys() ?? [])].filter((version) => version <= atMost);
    return Promise.resolve(this.snapshots.get(vm)?.get(Math.max(...versions)));
  }

  node(vm: string, digest: Uint8Array): SnapshotNode | undefined {
    return this.nodes.get(vm)?.get(keyOf(digest));
  }

  async drop(vm: string): Promise<void> {
    this.snapshots.delete(vm);
    this.nodes.delete(vm);
    return Promise.resolve();
  }
}

const keyOf = (digest: Uint8Array): string => Buffer.from(digest).toString('hex');
