import { counterpartsOf } from '../../domain/audit/record.js';
import { PAGE_SIZE } from '../../domain/memory/address.js';
import { ChunkStore } from '../../domain/memory/chunk-store.js';
import { among, partnersOf } from '../../domain/vm/peers.js';
import type { Vm } from '../../domain/vm/state.js';
import { Breath } from '../breath.js';
import type { Journal } from '../journal/journal.js';
import type { History, Past } from './history.js';
import { inOrder, recordsOf } from './streams.js';

/** VMs to be rebuilt together, each with those that it borrowed pages from while that was. */
type Group = Map<string, Set<string>>;

/**
 * Rebuilds a VM that shared pages with others since its last snapshot: all their streams are folded in order of position, so
 * that what one stored in a page of another is there when it should be.
 */
export class Together {
  constructor(
    private readonly journal: Journal,
    private readonly history: History,
  ) {}

  /** The VM as of a position of the journal, what it borrowed at hand. */
  async load(vm: string, position: number): Promise<Past> {
    const group: Group = new Map([[vm, new Set()]]);
    for (;;) {
      const states = await this.attempt(group, position);
      if (states === undefined) continue;
      const past = states.get(vm);
      if (past === undefined) throw new Error(`${vm} was not rebuilt`);
      return past.vm === undefined ? past : { ...past, vm: among(past.vm, vmsOf(states)) };
    }
  }

  /** The group's states as of a position; undefined if the group had to grow, or to begin earlier. */
  private async attempt(group: Group, upTo: number): Promise<Map<string, Past> | undefined> {
    const breath = new Breath();
    const starts = await this.starts(group, upTo, breath);
    const states = new Map(starts);
    for (const { vm } of starts.values())
      if (vm && (grows(group, partnersOf(vm)) || beginsTooLate(group, vm, starts))) return undefined;

    const streams = [...starts].map(([vm, { version }]) => recordsOf(this.journal, vm, version, upTo));
    for await (const record of inOrder(streams)) {
      const before = states.get(record.vm);
      if (before === undefined) throw new Error(`${record.vm} is not in the group`);
      const vm = before.vm && this.withLenders(before.vm, record.position, starts, states);
      const peers = [...vmsOf(states).values()].filter(({ id }) => id !== record.vm);
      const { past, body } = await this.history.next({ ...before, vm }, record, undefined, peers);
      states.set(record.vm, past);
      const met = counterpartsOf(body).map((counterpart) => counterpart.vm);
      if (grows(group, met)) return undefined;
      if (past.vm && beginsTooLate(group, past.vm, starts)) return undefined;
      await breath.take();
    }
    return states;
  }

  /**
   * Where each begins: at its last snapshot, but a borrower not after those that it borrowed from, since it may have stored in
   * their pages in between.
   */
  private async starts(group: Group, upTo: number, breath: Breath): Promise<Map<string, Past>> {
    const starts = new Map<string, Past>();
    for (const vm of group.keys()) starts.set(vm, await this.history.begin(vm, upTo, breath));
    for (let settled = false; !settled;) {
      settled = true;
      for (const [borrower, lenders] of group) {
        const latest = Math.min(...[...lenders].map((lender) => starts.get(lender)?.position ?? 0));
        if ((starts.get(borrower)?.position ?? 0) <= latest) continue;
        starts.set(borrower, await this.history.begin(borrower, latest, breath));
        settled = false;
      }
    }
    return starts;
  }

  /** The VM before a record of its own; what it stored in pages of a lender that begins later is in there already. */
  private withLenders(
    vm: Vm,
    position: number,
    starts: ReadonlyMap<string, Past>,
    states: ReadonlyMap<string, Past>,
  ): Vm {
    if (vm.memory.remote.size === 0) return vm;
    const lenders = [...vm.memory.borrowedFrom].map((lender): [string, ChunkStore] => {
      const isIn = position <= (starts.get(lender)?.position ?? 0);
      return [lender, (isIn ? undefined : states.get(lender)?.vm?.memory.pages) ?? new ChunkStore(PAGE_SIZE)];
    });
    return { ...vm, memory: vm.memory.among(new Map(lenders)) };
  }
}

const vmsOf = (states: ReadonlyMap<string, Past>): ReadonlyMap<string, Vm> =>
  new Map([...states].flatMap(([id, { vm }]) => (vm ? [[id, vm]] : [])));

/** Adds VMs to the group; answers whether there were new ones. */
function grows(group: Group, vms: Iterable<string>): boolean {
  const { size } = group;
  for (const vm of vms) if (!group.has(vm)) group.set(vm, new Set());
  return group.size > size;
}

/** Who has pages of whom, as far as a VM's state tells it: borrower and lender. */
function sharing({ id, memory, ...vm }: Vm): (readonly [borrower: string, lender: string])[] {
  const lent = vm.arch === 'x86_64' ? (vm.lent ?? []) : [];
  return [
    ...[...memory.borrowedFrom].map((lender) => [id, lender] as const),
    ...lent.map(({ borrower }) => [borrower, id] as const),
  ];
}

/**
 * Takes notice of who borrowed from whom; answers whether a borrower began after one of those that it borrowed from. It may have given
 * the pages back before it began: then only the lender's records tell.
 */
function beginsTooLate(group: Group, vm: Vm, starts: ReadonlyMap<string, Past>): boolean {
  let late = false;
  for (const [borrower, lender] of sharing(vm)) {
    const known = group.get(borrower);
    if (known === undefined || known.has(lender)) continue;
    known.add(lender);
    late ||= (starts.get(borrower)?.position ?? 0) > (starts.get(lender)?.position ?? 0);
  }
  return late;
}
