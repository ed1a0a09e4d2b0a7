import { toHex } from '../../domain/audit/bulk.js';
import type { Vm } from '../../domain/vm/state.js';
import { TOKEN_SIZE } from '../../domain/x86_64/hypercalls/mem-map.js';
import { digester } from '../digester.js';
import type { Journal } from '../journal/journal.js';
import type { CommandMeter } from '../metrics/meters.js';
import type { World } from '../world.js';
import { UnknownVersion, UnknownVm } from './errors.js';
import type { History, Past } from './history.js';
import { Lane, type Street } from './lane.js';
import { Locks } from './locks.js';
import type { Answer, Submission } from './submission.js';
import { Tokens } from './tokens.js';

/** A moment of a VM: a version of its stream, or a time in milliseconds since 1970; now if absent. */
export type Moment = { readonly version: number } | { readonly at: number };

/** A VM that exists, at the end of a part of its stream. */
export interface Existing extends Past {
  readonly vm: Vm;
}

/** VMs that are kept in memory while nobody uses them. */
const MOST_IDLE = 64;

/** Streams that are looked at in one go while VMs are listed. */
const PAGE = 100;

/** All VMs of a journal, each behind its lane. */
export class Machines {
  /** In order of last use. */
  private readonly lanes = new Map<string, Lane>();
  private readonly tokens = new Tokens();
  private readonly street: Street;

  constructor(
    private readonly journal: Journal,
    private readonly history: History,
    private readonly world: World,
    meter?: CommandMeter,
  ) {
    const { tokens } = this;
    this.street = { journal, history, world, tokens, locks: new Locks(), meter, lane: (vm) => this.lane(vm) };
  }

  /** Takes up what is remembered beside the VMs: to be awaited once, before the first command. */
  async recall(): Promise<void> {
    await this.tokens.recall(this.journal, this.world.now().getTime());
  }

  /** How many VMs are in memory. */
  get inMemory(): number {
    return this.lanes.size;
  }

  /** A new VM id. */
  newId(): string {
    return this.world.newId();
  }

  /** Gives a command to its VM; see `Lane.submit`. */
  submit(submission: Submission): Promise<Answer> {
    return this.lane(submission.vm).submit(submission);
  }

  /**
   * Keeps commands from VMs, but for those of who holds them, once all that came before is durable.
   *
   * @returns lets them go
   */
  async hold(vms: Iterable<string>): Promise<() => void> {
    const held: (() => void)[] = [];
    const release = (): void => held.forEach((each) => each());
    try {
      for (const vm of [...vms].sort()) held.push(await this.lane(vm).hold());
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Has the states of VMs read from the journal again. Only for who holds them. */
  forget(vms: Iterable<string>): void {
    for (const vm of vms) this.lanes.get(vm)?.forgetState();
  }

  /** A map token, and the commitment to it: the one is told to whoever asked for it, the other kept. */
  newToken(): { readonly secret: Uint8Array; readonly commitment: string } {
    const secret = this.world.random(TOKEN_SIZE);
    return { secret, commitment: toHex(digester.sha256(secret)) };
  }

  /**
   * A VM now or then, for its state: the content of its memory may be missing, or go on changing.
   *
   * @throws UnknownVm, UnknownVersion
   */
  async view(id: string, moment?: Moment): Promise<Existing> {
    const now = await this.outline(id);
    if (now.vm === undefined) throw new UnknownVm(id);
    if (moment === undefined) return { ...now, vm: now.vm };
    const version = await this.version(id, moment);
    const past = await this.history.outline(id, version);
    if (past.vm === undefined || past.version !== version)
      throw new UnknownVersion(id, 'version', `the VM has no version ${version}`);
    return { ...past, vm: past.vm };
  }

  /**
   * The version that a moment stands for.
   *
   * @throws UnknownVm, UnknownVersion
   */
  async version(id: string, moment: Moment): Promise<number> {
    if ('version' in moment) return moment.version;
    const version = await this.history.versionAt(id, moment.at);
    if (version > 0) return version;
    const { version: head } = await this.journal.streamHead(id);
    throw head === 0 ? new UnknownVm(id) : new UnknownVersion(id, 'at', 'the VM did not exist at that time');
  }

  /** VMs in order of id after `after`, those that `wanted` takes, at most `limit`. */
  async list(after: string, limit: number, wanted: (vm: Vm) => boolean): Promise<Existing[]> {
    const found: Existing[] = [];
    for (let last: string | undefined = after; last !== undefined && found.length < limit;) {
      const heads = await this.journal.streams(last, PAGE);
      for (const { vm: id } of heads) {
        const past = await this.outline(id);
        if (past.vm && wanted(past.vm)) found.push({ ...past, vm: past.vm });
        if (found.length === limit) break;
      }
      last = heads.length === PAGE ? heads.at(-1)?.vm : undefined;
    }
    return found;
  }

  /** As `History.outline`, without reading what is in memory anyway. Does not make the VM one of those that are kept. */
  private outline(id: string): Promise<Past> {
    return this.lanes.get(id)?.view() ?? this.history.outline(id);
  }

  /** The lane of a VM; its caller must use it at once, since a lane that does nothing may be forgotten. */
  private lane(id: string): Lane {
    const lane = this.lanes.get(id) ?? this.newLane(id);
    this.lanes.delete(id);
    this.lanes.set(id, lane);
    return lane;
  }

  /** Makes room for a lane by forgetting those that were not used for longest, unless something is on its way to them. */
  private newLane(id: string): Lane {
    for (const [other, lane] of this.lanes) {
      if (this.lanes.size < MOST_IDLE) break;
      if (lane.idle) this.lanes.delete(other);
    }
    return new Lane(id, this.street);
  }
}
