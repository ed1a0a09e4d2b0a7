import type { Checkpoint } from '../../src/domain/audit/tlog/checkpoint.js';
import type { TransparencyLog } from '../../src/infra/audit/transparency-log.js';
import { eventually } from './eventually.js';

/** Waits until a published checkpoint has so many records, and answers it. */
export const covered = (log: TransparencyLog, size: number): Promise<Checkpoint | undefined> =>
  eventually(
    () => log.checkpoint(),
    (checkpoint) => checkpoint !== undefined && checkpoint.size >= size,
  );
