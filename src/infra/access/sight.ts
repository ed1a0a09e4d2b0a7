import { type Journal, type Look, type Query, type StoredRecord, upToOf } from '../journal/journal.js';
import { UnknownVm } from '../machines/errors.js';
import type { VmLabels } from '../machines/vm-labels.js';
import { recordWithout, vmsNamedIn } from './record-without.js';
import { type Viewer, sees, seesAll } from './visible.js';

/** Positions that one search goes through, whether what it finds there is for whoever asks or not. */
const REACH = 20_000;

/** Records that a search's first look asks for at least, since some may not be there for whoever asks; each further one, twice as many. */
const LEAST = 16;
const MOST = 1024;

/** The id of no VM. */
const NO_VM = '';

/** Looks at what comes after a query's position, and may wait for it. */
export type Ask = (query: Query) => Promise<Look>;

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

  /**
   * What comes next that matches and is there for somebody: nothing of what a VM that is not shares with others. How far this
   * went tells nothing of what is not there, so that a VM which is not is followed as one that does not exist.
   */
  async next(viewer: Viewer, query: Query, ask: Ask): Promise<Look> {
    const { after, limit, vm = query.touching?.vm } = query;
    if (seesAll(viewer)) return ask(query);
    if (vm !== undefined && !(await this.of(viewer, vm))) {
      const nothing = await ask({ after, limit, vm: NO_VM });
      // Meanwhile it may have been made.
      return (await this.of(viewer, vm)) ? { records: [], upTo: after } : nothing;
    }
    const found = await this.search(viewer, query, ask);
    if (found.upTo > after) return found;
    await ask({ ...query, limit: 1 });
    return this.search(viewer, query, ask);
  }

  /** Records that match and are there for somebody, ascending by position, at most `limit`. */
  async records(viewer: Viewer, query: Query): Promise<Found> {
    const { after, limit, vm = query.touching?.vm } = query;
    if (vm !== undefined && !(await this.of(viewer, vm))) return { records: [] };
    if (seesAll(viewer) || query.vm !== undefined)
      return { records: await this.shown(viewer, await this.journal.read(query)) };
    const { records, upTo } = await this.search(viewer, query, (next) => this.journal.look(next));
    return records.length === limit || upTo < after + REACH ? { records } : { records, searchedTo: upTo };
  }

  /** Searches the journal up to its end, or up to a position that is as far away whatever there is. */
  private async search(viewer: Viewer, query: Query, ask: Ask): Promise<Look> {
    const { after, limit } = query;
    const end = Math.max(after, Math.min(after + REACH, await this.journal.head()));
    const records: StoredRecord[] = [];
    let at = after;
    let most = Math.max(limit, LEAST);
    while (at < end && records.length < limit) {
      const found = await ask({ ...query, after: at, limit: most });
      if (found.upTo <= at) return { records: [], upTo: after };
      const within = found.records.filter(({ position }) => position <= end);
      records.push(...(await this.shown(viewer, within)));
      at = found.upTo;
      most = Math.min(2 * most, MOST);
    }
    const first = records.slice(0, limit);
    return { records: first, upTo: upToOf(first, limit, end) };
  }

  private async show(viewer: Viewer, record: StoredRecord): Promise<StoredRecord> {
    const hidden = new Set<string>();
    for (const vm of vmsNamedIn(record)) if (!(await this.of(viewer, vm))) hidden.add(vm);
    return recordWithout(record, hidden);
  }
}
