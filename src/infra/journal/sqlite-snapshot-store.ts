import type Database from 'better-sqlite3';
import type { Snapshot, SnapshotNode, SnapshotStore } from './snapshot-store.js';
import { guarded } from './sqlite-faults.js';
import type { Writer } from './writer-client.js';

/** Nodes that go to the writer at once, about 256 KiB: appends come in between. */
const STEP = 64;

/**
 * Snapshots in the journal's file, written by the journal's writer. A save that fails keeps the nodes before the failure, and no
 * snapshot; since nodes come children first, a branch that is kept has its children.
 */
export class SqliteSnapshotStore implements SnapshotStore {
  private readonly sql;

  constructor(
    db: Database.Database,
    private readonly writer: Writer,
  ) {
    this.sql = {
      latest: db.prepare<[string, number], Snapshot>(
        'SELECT * FROM snapshots WHERE vm = ? AND version <= ? ORDER BY version DESC LIMIT 1',
      ),
      node: db.prepare<[string, Uint8Array], SnapshotNode>(
        'SELECT digest, level, body FROM nodes WHERE vm = ? AND digest = ?',
      ),
    } as const;
  }

  async save(snapshot: Snapshot, nodes: readonly SnapshotNode[]): Promise<void> {
    const { vm, position } = snapshot;
    for (let i = 0; i < nodes.length; i += STEP)
      await this.writer.run({ type: 'keep_nodes', vm, position, nodes: nodes.slice(i, i + STEP).map(copyOf) });
    await this.writer.run({ type: 'keep_snapshot', snapshot });
  }

  async latest(vm: string, atMost: number): Promise<Snapshot | undefined> {
    return Promise.resolve(guarded(() => this.sql.latest.get(vm, atMost)));
  }

  node(vm: string, digest: Uint8Array): SnapshotNode | undefined {
    return guarded(() => this.sql.node.get(vm, digest));
  }

  async drop(vm: string): Promise<void> {
    await this.writer.run({ type: 'drop_snapshots', vm });
  }
}

/** A node in buffers of its own: what crosses to a thread takes the whole buffer along that it is a view of. */
const copyOf = ({ digest, level, body }: SnapshotNode): SnapshotNode => ({
  digest: Uint8Array.from(digest),
  level,
  body: Uint8Array.from(body),
});
