import { erasableRoles } from '../../domain/audit/erasable.js';
import { commandOf, eventsOf } from '../../domain/audit/open-record.js';
import { type RecordBody, counterpartsOf, parseBody } from '../../domain/audit/record.js';
import {
  type LeftBy,
  NO_REMAINS,
  type Remains,
  chained,
  digestsFor,
  erasureOf,
  settle,
  settleAll,
  unsettledIn,
} from '../../domain/audit/remains.js';
import { toHex } from '../../domain/audit/bulk.js';
import { touchedFrames } from '../../domain/audit/touched-frames.js';
import type { Json } from '../../domain/digester.js';
import { applyEntry } from '../../domain/vm/folds/apply.js';
import { vcpuErasedBy } from '../../domain/vm/erasure.js';
import { among } from '../../domain/vm/peers.js';
import type { Vm } from '../../domain/vm/state.js';
import { Breath } from '../breath.js';
import { digester } from '../digester.js';
import type { Erase, Journal, StoredRecord } from '../journal/journal.js';
import { inOrder, recordsOf } from '../machines/streams.js';

/** What is to be erased: the data beside a VM's records between two positions, inclusive. */
export interface Range {
  readonly vm: string;
  readonly from: number;
  readonly to: number;
}

/** A VM as it is, and as it will be rebuilt once the data is gone. */
interface Twin {
  readonly version: number;
  readonly whole: Vm | undefined;
  readonly left: Vm | undefined;
}

type Way = 'whole' | 'left';

const BEGINNING: Twin = { version: 0, whole: undefined, left: undefined };

/** Stands for the erasure that is being surveyed, whose position nobody knows yet. */
const THIS = 0;

/** What a VM that is alive has of what is to be erased. */
export interface Held {
  readonly vm: string;
  readonly pages: readonly number[];
  readonly vcpus: readonly number[];
}

/**
 * Works out what an erasure removes, and what has to be left in its place: folds the VM's records twice, with the data and
 * without it, together with those of the VMs that it ever shared pages with. Where the two differ, digests are noted.
 */
export class Survey {
  private twins = new Map<string, Twin>();
  private readonly pieces: { readonly position: number; readonly role: string }[] = [];
  private readonly remains: Remains[] = [];
  private chain: Uint8Array = NO_REMAINS;
  private records = 0;
  private bytes = 0;

  private constructor(
    private readonly journal: Journal,
    private readonly range: Range,
    vms: Iterable<string>,
  ) {
    for (const vm of vms) this.twins.set(vm, BEGINNING);
  }

  /** Surveys all records up to the journal's end. */
  static async of(journal: Journal, range: Range): Promise<Survey> {
    for (let vms: ReadonlySet<string> = new Set([range.vm]); ;) {
      const survey = new Survey(journal, range, vms);
      const met = await survey.goOn();
      if (met.size === 0) return survey;
      vms = new Set([...vms, ...met]);
    }
  }

  /**
   * Takes in what was appended since.
   *
   * @returns VMs that were met and are not in the survey, which is then of no use: it has to begin again
   */
  async goOn(): Promise<ReadonlySet<string>> {
    const breath = new Breath();
    const head = await this.journal.head();
    const streams = [...this.twins].map(([vm, { version }]) => recordsOf(this.journal, vm, version, head));
    for await (const record of inOrder(streams)) {
      const body = parseBody(record.bytes);
      const met = counterpartsOf(body).flatMap(({ vm }) => (this.twins.has(vm) ? [] : [vm]));
      if (met.length > 0) return new Set(met);
      await this.take(record, body);
      await breath.take();
    }
    return new Set();
  }

  /** The VMs in it. */
  get vms(): readonly string[] {
    return [...this.twins.keys()];
  }

  /** The version that the VM has come to. */
  get version(): number {
    return this.twins.get(this.range.vm)?.version ?? 0;
  }

  /** What its record says beside the range and the reason. */
  get facts() {
    const { records, pieces, bytes, chain } = this;
    return { records, pieces: pieces.length, bytes, remains: toHex(chain) };
  }

  /**
   * What goes together with its record.
   *
   * @param kept records of the VM's between those that were surveyed and this one
   */
  erase(kept: number): Erase {
    const { pieces, remains } = this;
    const heads = [...this.twins].map(([vm, { version }]) => ({
      vm,
      version: vm === this.range.vm ? version + kept : version,
    }));
    const answers = pieces.flatMap(({ position, role }) => (role.startsWith('outcome.') ? [position] : []));
    return { heads, pieces, answers, remains };
  }

  /** The VMs in it that were destroyed. */
  ended(): string[] {
    return [...this.twins].flatMap(([vm, { whole }]) => (whole?.regions.lifecycle === 'live' ? [] : [vm]));
  }

  /** What VMs that are alive have now of what is to be erased: it would be lost to them. */
  held(): Held[] {
    return [...this.twins].flatMap(([vm, { whole, left }]) => {
      if (whole === undefined || left?.regions.lifecycle !== 'live') return [];
      const chunks = [...left.memory.pages.erasedChunks()].flatMap(([page, by]) => (by === THIS ? [page] : []));
      const pages = chunks.filter((page) => whole.memory.pages.erasedAt(page) === undefined);
      const vcpus = [...left.vcpus.values()].flatMap((vcpu) => (vcpuErasedBy(vcpu) === THIS ? [vcpu.id] : []));
      return pages.length + vcpus.length === 0 ? [] : [{ vm, pages, vcpus }];
    });
  }

  /** Folds a record on both ways, and notes what is to go and what is to stay. */
  private async take({ vm: id, version, position }: StoredRecord, body: RecordBody): Promise<void> {
    const twin = this.twins.get(id) ?? BEGINNING;
    const before: readonly LeftBy[] = await this.journal.remains(position);
    const data = body.data ? await this.journal.data(position) : [];
    const bulk = new Map(data.map(({ role, bytes }) => [role, bytes]));
    const by = erasureOf(before);
    const { time } = body;
    const entry = { vm: id, version, time };

    const events = eventsOf(body, bulk, undefined, by);
    const whole = applyEntry(this.onWay(twin.whole, 'whole'), { ...entry, events });
    settleAll(this.withOthers(id, whole, 'whole'), before);

    const gone = this.isIn(body) ? erasableRoles(body).filter((role) => bulk.has(role)) : [];
    const rest = new Map([...bulk].filter(([role]) => !gone.includes(role)));
    const eventsLeft = gone.length > 0 ? eventsOf(body, rest, undefined, THIS) : events;
    const left = applyEntry(this.onWay(twin.left, 'left'), { ...entry, events: eventsLeft });
    settleAll(this.withOthers(id, left, 'left'), before);

    this.twins.set(id, { version, whole, left });
    for (const role of gone) this.note(position, role, bulk);
    if (gone.length > 0) this.records++;
    const frames = gone.length > 0 ? touchedFrames(commandOf(body, bulk), events) : undefined;
    for (const vm of [...this.twins.keys()].sort((a, b) => (a < b ? -1 : 1)))
      this.leave(
        position,
        vm,
        gone.length > 0 && vm === id ? { frames: frames ? [frames.first, frames.last] : null } : {},
      );
  }

  private isIn({ vm, position }: RecordBody): boolean {
    return vm === this.range.vm && this.range.from <= position && position <= this.range.to;
  }

  private note(position: number, role: string, bulk: ReadonlyMap<string, Uint8Array>): void {
    this.pieces.push({ position, role });
    this.bytes += bulk.get(role)?.length ?? 0;
  }

  /** Notes the digests that a VM lacks after a record. */
  private leave(position: number, vm: string, more: { readonly frames?: Json }): void {
    const { whole, left } = this.twins.get(vm) ?? BEGINNING;
    const digests = whole && left ? digestsFor(unsettledIn(left), whole, digester) : {};
    if (left) settle(left, digests);
    const said = { ...digests, ...more };
    if (Object.keys(said).length === 0) return;
    const remains = { position, vm, text: digester.canonical(said) };
    this.remains.push(remains);
    this.chain = chained(this.chain, remains, digester);
  }

  private onWay(vm: Vm | undefined, way: Way): Vm | undefined {
    return vm && among(vm, new Map(this.others(vm.id, way).map((other) => [other.id, other])));
  }

  private withOthers(id: string, vm: Vm | undefined, way: Way): Vm[] {
    return vm ? [vm, ...this.others(id, way)] : this.others(id, way);
  }

  private others(id: string, way: Way): Vm[] {
    return [...this.twins].flatMap(([other, { [way]: vm }]) => (other === id || vm === undefined ? [] : [vm]));
  }
}
