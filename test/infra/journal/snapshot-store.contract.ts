import type { Snapshot, SnapshotNode, SnapshotStore } from '../../../src/infra/journal/snapshot-store.js';

const snapshot = (vm: string, version: number, control = 0): Snapshot => ({
  vm,
  version,
  position: 10 * version,
  model: 'model-1',
  control: Uint8Array.of(control),
});

/** A node whose digest and body say which one it is. */
export const node = (number: number, level = 0): SnapshotNode => ({
  digest: new Uint8Array(32)
    .fill(1)
    .fill(number >> 8, 0, 1)
    .fill(number & 0xff, 1, 2),
  level,
  body: Uint8Array.of(number >> 8, number & 0xff),
});

const plain = (found: SnapshotNode | undefined) =>
  found && { digest: [...found.digest], level: found.level, body: [...found.body] };

/** What every snapshot store does. `open` answers an empty one. */
export function snapshotStoreContract(name: string, open: () => Promise<SnapshotStore>): void {
  describe(`${name} as a snapshot store`, () => {
    let store: SnapshotStore;

    beforeEach(async () => {
      store = await open();
    });

    it('answers the newest snapshot at or before a version', async () => {
      await store.save(snapshot('vm-a', 5), []);
      await store.save(snapshot('vm-a', 20), []);
      await store.save(snapshot('vm-a', 10), []);
      await store.save(snapshot('vm-b', 15), []);
      const found = [4, 5, 9, 10, 19, 20, Number.MAX_SAFE_INTEGER].map((atMost) => store.latest('vm-a', atMost));
      expect((await Promise.all(found)).map((each) => each?.version)).toEqual([undefined, 5, 5, 10, 10, 20, 20]);
    });

    it('gives a snapshot back as it was', async () => {
      await store.save(snapshot('vm-a', 5, 7), []);
      const found = await store.latest('vm-a', 5);
      expect(found && { ...found, control: [...found.control] }).toEqual({ ...snapshot('vm-a', 5), control: [7] });
    });

    it('replaces a snapshot of the same version', async () => {
      await store.save(snapshot('vm-a', 5, 1), []);
      await store.save(snapshot('vm-a', 5, 2), []);
      expect((await store.latest('vm-a', 5))?.control[0]).toBe(2);
    });

    it('answers nodes by their digest, and none that it does not have', async () => {
      await store.save(snapshot('vm-a', 5), [node(1), node(2, 3)]);
      expect([node(1), node(2), node(3)].map(({ digest }) => plain(store.node('vm-a', digest)))).toEqual([
        plain(node(1)),
        plain(node(2, 3)),
        undefined,
      ]);
    });

    it('keeps the nodes of earlier snapshots, and takes one that it has already', async () => {
      await store.save(snapshot('vm-a', 5), [node(1)]);
      await store.save(snapshot('vm-a', 6), [node(1), node(2)]);
      expect([node(1), node(2)].map(({ digest }) => store.node('vm-a', digest)?.level)).toEqual([0, 0]);
    });

    it('keeps the nodes of each VM apart', async () => {
      await store.save(snapshot('vm-a', 5), [node(1)]);
      expect(store.node('vm-b', node(1).digest)).toBeUndefined();
    });

    it('keeps a snapshot of many nodes', async () => {
      const nodes = Array.from({ length: 1000 }, (_, i) => node(i));
      await store.save(snapshot('vm-a', 5), nodes);
      expect(nodes.filter(({ digest }) => plain(store.node('vm-a', digest)) === undefined)).toEqual([]);
    });

    it('takes the bytes of a node, not the buffer that they are in', async () => {
      const body = Uint8Array.of(9, 1, 9).subarray(1, 2);
      await store.save(snapshot('vm-a', 5), [{ ...node(1), body }]);
      expect([...(store.node('vm-a', node(1).digest)?.body ?? [])]).toEqual([1]);
    });

    it('forgets all of a VM, and nothing of another', async () => {
      const nodes = Array.from({ length: 600 }, (_, i) => node(i));
      await store.save(snapshot('vm-a', 5), nodes);
      await store.save(snapshot('vm-a', 6), []);
      await store.save(snapshot('vm-b', 5), [node(1)]);
      await store.drop('vm-a');
      expect(await store.latest('vm-a', 9)).toBeUndefined();
      expect(nodes.filter(({ digest }) => store.node('vm-a', digest) !== undefined)).toEqual([]);
      expect((await store.latest('vm-b', 9))?.version).toBe(5);
      expect(plain(store.node('vm-b', node(1).digest))).toEqual(plain(node(1)));
    });

    it('forgets a VM that it does not know', async () => {
      await expect(store.drop('vm-x')).resolves.toBeUndefined();
    });
  });
}
