import { type Ask, Sight } from '../../../src/infra/access/sight.js';
import type { Query } from '../../../src/infra/journal/journal.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { VmLabels } from '../../../src/infra/machines/vm-labels.js';
import { draft } from '../journal/drafts.js';

const ALICE = { labels: ['team=a'] };

/** A journal of VMs whose labels are those that their names begin with. */
class Ledger {
  readonly journal = new MemoryJournal();
  readonly sight = new Sight(this.journal, new VmLabels(this.journal));
  private readonly versions = new Map<string, number>();

  async append(vm: string, actor: string, type = 'mem_op'): Promise<void> {
    const version = (this.versions.get(vm) ?? 0) + 1;
    this.versions.set(vm, version);
    const command = version === 1 ? { type: 'create_vm', labels: { team: vm.slice(0, 1) } } : { type };
    const body = JSON.stringify({ actor, command, outcome: { ret: 0 }, events: [], time: new Date(0).toISOString() });
    const index = { type: command.type, actor, frames: { first: 0, last: 0 } };
    await this.journal.append({ ...draft(vm, version, { index }), head: `${body.slice(0, -1)},"position":` });
  }

  /** How far each step goes of whoever follows the journal from its beginning, and what it finds. */
  async steps(query: Omit<Query, 'after'>): Promise<readonly string[]> {
    const steps: string[] = [];
    const ask: Ask = (asked) => this.journal.look(asked);
    for (let after = 0; ;) {
      const { records, upTo } = await this.sight.next(ALICE, { ...query, after }, ask);
      if (upTo === after) return steps;
      steps.push(`${upTo}: ${records.map(({ position }) => position).join()}`);
      after = upTo;
    }
  }

  /** Where each page ends, and what is on it. */
  async pages(query: Omit<Query, 'after'>): Promise<readonly string[]> {
    const pages: string[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const { records, searchedTo } = await this.sight.records(ALICE, { ...query, after });
      pages.push(`${searchedTo ?? 'end'}: ${records.map(({ position }) => position).join()}`);
      after = searchedTo;
    }
    return pages;
  }
}

const FRAMES = { first: 0, last: 9 };

/** What is asked for, which finds VMs that are not there, and the same of what there is nothing of. */
const QUERIES: readonly (readonly [string, Partial<Query>, Partial<Query>])[] = [
  ['a VM', { vm: 'b' }, { vm: 'nobody' }],
  ['memory of a VM', { touching: { vm: 'b', ...FRAMES } }, { touching: { vm: 'nobody', ...FRAMES } }],
  ['memory', { frames: FRAMES, actor: 'bob' }, { frames: FRAMES, actor: 'nobody' }],
  ['an actor', { actor: 'bob' }, { actor: 'nobody' }],
  ['a type', { type: 'create_vcpu' }, { type: 'run_vcpu' }],
];

describe('what is there for a token of one label', () => {
  const ledger = new Ledger();
  beforeAll(async () => {
    await ledger.append('a', 'alice');
    for (let i = 0; i < 21_000; i++) await ledger.append('b', 'bob', 'create_vcpu');
    await ledger.append('a', 'alice');
    await ledger.append('b', 'bob');
  });

  it.each(QUERIES)('is followed as far at a time whether others have %s or not', async (_what, others, nobodys) => {
    for (const limit of [1, 128])
      expect(await ledger.steps({ ...others, limit })).toEqual(await ledger.steps({ ...nobodys, limit }));
  });

  it.each(QUERIES)('comes in the same pages whether others have %s or not', async (_what, others, nobodys) => {
    expect(await ledger.pages({ ...others, limit: 101 })).toEqual(await ledger.pages({ ...nobodys, limit: 101 }));
  });

  it('is found wherever it is', async () => {
    expect(await ledger.pages({ limit: 101 })).toEqual(['20000: 1', 'end: 21002']);
    expect(await ledger.pages({ actor: 'alice', limit: 101 })).toEqual(['20000: 1', 'end: 21002']);
    expect(await ledger.pages({ vm: 'a', limit: 101 })).toEqual(['end: 1,21002']);
    expect(await ledger.steps({ limit: 1 })).toEqual(['1: 1', '20001: ', '21002: 21002', '21003: ']);
    expect(await ledger.steps({ limit: 128 })).toEqual(['20000: 1', '21003: 21002']);
  });

  it('is not missed of a VM that is made while it is waited for', async () => {
    const query = { vm: 'a2', after: await ledger.journal.head(), limit: 1 };
    const made = await ledger.sight.next(ALICE, query, async (asked) => {
      await ledger.append('a2', 'alice');
      return ledger.journal.look(asked);
    });
    expect(made).toEqual({ records: [], upTo: query.after });
    const { records } = await ledger.sight.next(ALICE, query, (asked) => ledger.journal.look(asked));
    expect(records.map(({ position }) => position)).toEqual([query.after + 1]);
  });

  it('is waited for at the end of the journal', async () => {
    const query = { after: await ledger.journal.head(), limit: 1 };
    const { records, upTo } = await ledger.sight.next(ALICE, query, async (asked) => {
      if ((await ledger.journal.head()) === query.after) {
        await ledger.append('b', 'bob');
        await ledger.append('a', 'alice');
      }
      return ledger.journal.look(asked);
    });
    expect([records.map(({ position }) => position), upTo]).toEqual([[query.after + 2], query.after + 2]);
  });
});
