import { MemorySnapshotStore } from '../../../src/infra/journal/memory-snapshot-store.js';
import { snapshotStoreContract } from './snapshot-store.contract.js';

snapshotStoreContract('MemorySnapshotStore', () => Promise.resolve(new MemorySnapshotStore()));
