/** A VM's state at a version, as it is kept: derived from the journal, may be dropped at any time. */
export interface Snapshot {
  readonly vm: string;
  readonly version: number;
  readonly position: number;
  /** What built it; a snapshot of another model version is not used. */
  readonly model: string;
  /** Everything but memory, serialized. */
  readonly control: Uint8Array;
}

/** A Merkle node of guest memory, by its digest; shared by all snapshots of the VM. */
export interface SnapshotNode {
  readonly digest: Uint8Array;
  /** 0 for a leaf, whose body is its bytes; else the branch's level, the body being index and digest of each child (33 bytes each). */
  readonly level: number;
  readonly body: Uint8Array;
}

/** Where snapshots are kept. Losing one costs time, never truth. */
export interface SnapshotStore {
  /** Keeps a snapshot and those nodes of it that are new. */
  save(snapshot: Snapshot, nodes: readonly SnapshotNode[]): Promise<void>;
  /** The newest snapshot of a VM at or before a version. */
  latest(vm: string, atMost: number): Promise<Snapshot | undefined>;
  /** One node of a VM. Synchronous, since it is called while a tree is rebuilt. */
  node(vm: string, digest: Uint8Array): SnapshotNode | undefined;
  /** Forgets all snapshots and nodes of a VM. */
  drop(vm: string): Promise<void>;
}
