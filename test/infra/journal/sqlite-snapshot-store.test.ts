import { temporaryLedgers } from './files.js';
import { snapshotStoreContract } from './snapshot-store.contract.js';

const openLedger = temporaryLedgers();

snapshotStoreContract('SqliteSnapshotStore', async () => (await openLedger()).snapshots);
