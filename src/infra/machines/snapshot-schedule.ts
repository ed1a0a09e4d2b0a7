import type { Decision } from '../../domain/vm/decision.js';
import type { Vm } from '../../domain/vm/state.js';

/** Records, or bytes that facts stored, after which a snapshot is kept. */
const SNAPSHOT_RECORDS = 500;
const SNAPSHOT_BYTES = 64 * 1024 * 1024;

/** When snapshots of a VM are kept. */
export class SnapshotSchedule {
  /** Bytes that facts stored since the last snapshot. */
  private stored = 0;

  /** Whether one is to be kept of a state; also after an erasure, which takes all snapshots, but never of what it took. */
  isDue({ regions }: Vm, version: number, { events }: Decision): boolean {
    if (events.some(({ type }) => type === 'memory_erased')) return regions.lifecycle === 'live';
    for (const event of events) if ('data' in event) this.stored += event.data.length;
    if (version % SNAPSHOT_RECORDS !== 0 && this.stored < SNAPSHOT_BYTES) return false;
    this.stored = 0;
    return true;
  }
}
