import type { Journal, Look, Query, StoredRecord } from '../journal/journal.js';
import { UnknownVm } from '../machines/errors.js';
import type { VmLabels } from '../machines/vm-labels.js';
import { recordWithout, vmsNamedIn } from './record-without.js';
import { type Viewer, sees, seesAll } from './visible.js';

/** Records that are looked at in one go. */
const STEP = 1000;

/** Looks at the journal for one page, whether what they find is there for whoever asks or not. */
const MOST_LOOKS = 20;

/** Records that are there for somebody; `searchedTo` is where the search gave up before it had as many as were wanted. */
export interface Found {
  readonly records: readonly StoredRecord[];
  readonly searchedTo?: number;
}

/** Which VMs are there for whom, and what of the journal. */
export class Sight {
  constructor(
    private readonly journal: Journal,
    private readonly labels: VmLabels,
  ) {}

  /** Whether a VM, and with it its records, is there for somebody. */
  async of(viewer: Viewer, vm: string): Promise<boolean> {
    return seesAll(viewer) || sees(viewer, await this.labels.of(vm));
  }

  /** @throws UnknownVm, as if it did not exist */
  async assert(viewer: Viewer, vm: string): Promise<void> {
    if (!(await this.of(viewer, vm))) throw new UnknownVm(vm);
  }

  /** Those of some records that are there for somebody, each without what it says of VMs that are not. */
  async shown(viewer: Viewer, records: readonly StoredRecord[]): Promise<readonly StoredRecord[]> {
    if (seesAll(viewer)) return records;
    const shown: StoredRecord[] = [];
    for (const record of records) if (await this.of(viewer, record.vm)) shown.push(await this.show(viewer, record));
    return shown;
  }

  /** What a look at the journal found that is there for somebody: nothing of what a VM that is not shares with others. */
  async look(viewer: Viewer, { touching }: Partial<Query>, { records, upTo }: Look): Promise<Look> {
    const isBlind = touching !== undefined && !(await this.of(viewer, touching.vm));
    return { records: isBlind ? [] : await this.shown(viewer, records), upTo };
  }

  /** Records that match and are there for somebody, ascending by position, at most `limit`. */
  async records(viewer: Viewer, query: Query): Promise<Found> {
    if (seesAll(viewer)) return { records: await this.journal.read(query) };
    const records: StoredRecord[] = [];
    let { after } = query;
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const found = await this.journal.look({ ...query, after, limit: STEP });
      records.push(...(await this.look(viewer, query, found)).records);
      if (records.length >= query.limit) return { records: records.slice(0, query.limit) };
      if (found.upTo <= after) return { records };
      after = found.upTo;
    }
    return { records, searchedTo: after };
  }

  private async show(viewer: Viewer, record: StoredRecord): Promise<StoredRecord> {
    const hidden = new Set<string>();
    for (const vm of vmsNamedIn(record)) if (!(await this.of(viewer, vm))) hidden.add(vm);
    return recordWithout(record, hidden);
  }
}
