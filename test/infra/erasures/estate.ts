import { EMPTY, lastValueFrom } from 'rxjs';
import { stateDigest } from '../../../src/domain/audit/state-digest.js';
import { parseBody } from '../../../src/domain/audit/record.js';
import { ErasedMemory, erasedBy } from '../../../src/domain/memory/erased.js';
import { type Command, command } from '../../../src/domain/vm/command.js';
import { bytesHeld } from '../../../src/domain/vm/erasure.js';
import { type Vm, fork } from '../../../src/domain/vm/state.js';
import { digester } from '../../../src/infra/digester.js';
import { Erasures, type Erased } from '../../../src/infra/erasures/erasures.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { MemorySnapshotStore } from '../../../src/infra/journal/memory-snapshot-store.js';
import { isUnrecorded } from '../../../src/infra/machines/errors.js';
import { History } from '../../../src/infra/machines/history.js';
import { Machines } from '../../../src/infra/machines/machines.js';
import type { Answer } from '../../../src/infra/machines/submission.js';
import { type Replay, Replays } from '../../../src/infra/replays.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The content of a page or of what a vCPU holds: in hex, or `erased`. */
type Content = string;

/** What can be read of a VM: pages of its VMM by number, and what vCPUs hold. */
interface Sight {
  readonly digest: string;
  readonly contents: ReadonlyMap<string, Content>;
}

const contentOf = (bytes: Uint8Array): Content => (erasedBy(bytes) === undefined ? hex(bytes) : 'erased');

function sightOf(vm: Vm): Sight {
  const contents = new Map<string, Content>();
  for (const [page, bytes] of vm.memory.pages.entries()) contents.set(`page ${page}`, contentOf(bytes));
  for (const vcpu of vm.vcpus.values()) {
    const held = bytesHeld(vcpu);
    if (held) contents.set(`vcpu ${vcpu.id}`, contentOf(held));
  }
  return { digest: hex(stateDigest(vm, digester)), contents };
}

/** What became of the past: contents that are what they were, those that are erased, and what is wrong. */
export interface Review {
  readonly right: number;
  readonly erased: readonly string[];
  /** A digest that is not the recorded one, content that is not what it was, content that a living VM lost. */
  readonly wrong: readonly string[];
}

/** A page that is not there is one of zeros. */
const isZero = (content: Content | undefined): boolean => content === undefined || /^0*$/.test(content);

/** Machines in memory, what their VMs were at each version, and erasures. The clock stands still. */
export class Estate {
  readonly journal = new MemoryJournal();
  readonly history = new History(this.journal, new MemorySnapshotStore());
  readonly machines: Machines;
  readonly erasures: Erasures;
  readonly replays: Replays;
  private readonly seen = new Map<string, Sight>();
  private made = 0;

  constructor() {
    const world = {
      now: () => new Date(1000),
      random: (size: number) => new Uint8Array(size).fill(++this.made),
      newId: () => `id-${++this.made}`,
    };
    this.machines = new Machines(this.journal, this.history, world);
    this.erasures = new Erasures(this.journal, this.machines);
    this.replays = new Replays(this.journal, this.history, world);
  }

  /** Gives a VM a command, and notes what the VM is after it; undefined if nothing came of it: of a look at the past perhaps since that is erased. */
  async submit(vm: string, asked: Command): Promise<Answer | undefined> {
    try {
      const answer = await this.machines.submit({ vm, command: asked, actor: 'test', requestId: 'r' });
      await this.note();
      return answer;
    } catch (error) {
      const looksBack = 'asOf' in asked && asked.asOf !== undefined;
      if (!isUnrecorded(error) && !(looksBack && error instanceof ErasedMemory)) throw error;
      return undefined;
    }
  }

  run(vm: string, input: object): Promise<Answer | undefined> {
    return this.submit(vm, command.parse(input));
  }

  async erase(vm: string, from?: number, to?: number): Promise<Erased> {
    const erased = await this.erasures.erase({ vm, from, to, reason: 'test', actor: 'eraser', requestId: 'r' });
    await this.note();
    return erased;
  }

  /** Notes what the VMs are now, as rebuilt from the journal while all of it is there, or as it was noted before. */
  private async note(): Promise<void> {
    for (const { vm, version } of await this.journal.streams('', 100)) {
      const { vm: now } = await this.machines.view(vm).catch(() => ({ vm: undefined }));
      if (now && !this.seen.has(`${vm} ${version}`)) this.seen.set(`${vm} ${version}`, sightOf(fork(now)));
    }
  }

  /** Looks at the past, version by version. */
  async review(): Promise<Review> {
    const wrong: string[] = [];
    const erased: string[] = [];
    let right = 0;
    for (const record of await this.journal.read({ after: 0, limit: 10_000 })) {
      const at = `${record.vm} ${record.version}`;
      const { vm } = await this.history.load(record.vm, record.version);
      const recorded = parseBody(record.bytes).digests.state;
      const sight = vm && sightOf(vm);
      if (sight?.digest !== recorded) wrong.push(`${at}: digest`);
      const was = this.seen.get(at);
      if (sight === undefined || was === undefined) continue;
      const isNow = record.version === (await this.journal.streamHead(record.vm)).version;
      const lives = vm?.regions.lifecycle === 'live' && isNow;
      for (const name of new Set([...sight.contents.keys(), ...was.contents.keys()])) {
        const [content, before] = [sight.contents.get(name), was.contents.get(name)];
        if (content === 'erased' && lives) wrong.push(`${at}: ${name} is lost`);
        else if (content === 'erased') erased.push(name);
        else if (content === before || (isZero(content) && isZero(before))) right++;
        else wrong.push(`${at}: ${name}`);
      }
    }
    return { wrong, right, erased };
  }

  /** The end of a replay of all VMs. */
  async replay(): Promise<Replay | undefined> {
    const { id } = await this.replays.start();
    return lastValueFrom(this.replays.progress(id) ?? EMPTY);
  }
}
