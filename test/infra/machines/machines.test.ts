import { stateDigest } from '../../../src/domain/audit/state-digest.js';
import { command } from '../../../src/domain/vm/command.js';
import type { Vm } from '../../../src/domain/vm/state.js';
import { digester } from '../../../src/infra/digester.js';
import type { Journal } from '../../../src/infra/journal/journal.js';
import { MemorySnapshotStore } from '../../../src/infra/journal/memory-snapshot-store.js';
import type { Snapshot } from '../../../src/infra/journal/snapshot-store.js';
import { MalformedCommand, UnknownVersion, UnknownVm, VersionMismatch } from '../../../src/infra/machines/errors.js';
import { History } from '../../../src/infra/machines/history.js';
import { Machines } from '../../../src/infra/machines/machines.js';
import { GatedJournal } from '../support/gated-journal.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const CREATE = { type: 'create_vm', arch: 's390x' };
const SLOT = { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x100000' };
const write = (text: string, gaddr = 0) => ({
  type: 's390_mem_op',
  op: 'absolute_write',
  gaddr,
  size: text.length,
  data: base64(text),
});
const read = (size: number) => ({ type: 's390_mem_op', op: 'absolute_read', gaddr: 0, size });

/** Machines over a journal, with a clock that goes on by a second each time that it is looked at. */
function machinesOn(journal: Journal, snapshots = new MemorySnapshotStore()) {
  let seconds = 0;
  const world = {
    now: () => new Date(1000 * ++seconds),
    random: (size: number) => new Uint8Array(size).fill(seconds),
    newId: () => `vm-${++seconds}`,
  };
  const machines = new Machines(journal, new History(journal, snapshots), world);
  const submit = (input: unknown, ifMatch?: number[], vm = 'vm') =>
    machines.submit({ vm, command: command.parse(input), actor: 'test', requestId: 'r', ifMatch });
  return { machines, submit, history: new History(journal, snapshots) };
}

const digestOf = (vm: Vm | undefined): string => (vm ? Buffer.from(stateDigest(vm, digester)).toString('hex') : 'none');

const faultOf = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'fulfilled' ? 'done' : (result.reason as { fault?: string }).fault;

describe('a VM behind its lane', () => {
  it('takes commands one at a time in the order in which they came, without waiting for the disk in between', async () => {
    const journal = new GatedJournal();
    const { submit } = machinesOn(journal);
    await submit(CREATE);
    await submit(SLOT);
    journal.hold();
    const answers = ['a', 'b', 'c', 'd'].map((text) => submit(write(text)));
    const last = submit(read(1));
    journal.open();
    expect((await Promise.all(answers)).map(({ version }) => version)).toEqual([3, 4, 5, 6]);
    expect((await last).decision.reply).toEqual({ data: Uint8Array.from(Buffer.from('d')) });
  });

  it('answers nothing, and shows nothing, before it is durable', async () => {
    const journal = new GatedJournal();
    const { machines, submit } = machinesOn(journal);
    await submit(CREATE);
    journal.hold();
    const settled: string[] = [];
    const answer = submit(SLOT).then(() => settled.push('answer'));
    await new Promise(setImmediate);
    const view = machines.view('vm').then(({ version, position }) => settled.push(`view of ${version} at ${position}`));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settled).toEqual([]);
    journal.open();
    await Promise.all([answer, view]);
    expect(settled.sort()).toEqual(['answer', 'view of 2 at 2']);
  });

  it.each(['full', 'readonly', 'busy', 'broken'] as const)(
    'after an append failed (%s), is what the journal says',
    async (fault) => {
      const journal = new GatedJournal();
      const { machines, submit, history } = machinesOn(journal);
      await submit(CREATE);
      await submit(SLOT);
      await submit(write('before'));
      journal.hold();
      journal.next(undefined, fault);
      const results = Promise.allSettled(['first', 'second', 'third', 'fourth'].map((text) => submit(write(text))));
      journal.open();
      expect((await results).map(faultOf)).toEqual(['done', fault, fault, fault]);

      expect((await submit(read(6))).decision.reply).toEqual({ data: Uint8Array.from(Buffer.from('firste')) });
      const { vm, version } = await machines.view('vm');
      expect(version).toBe(5);
      expect(digestOf(vm)).toBe(digestOf((await history.load('vm')).vm));
    },
  );

  it('lets another writer of the same journal come first, and decides again on what it did', async () => {
    const journal = new GatedJournal();
    const [one, two] = [machinesOn(journal), machinesOn(journal)];
    await one.submit(CREATE);
    await one.submit(SLOT);
    await two.submit(write('two'));
    const answers = await Promise.all(
      [...Array(20).keys()].map((i) => (i % 2 ? one : two).submit(write(`${i % 10}`, i))),
    );
    expect(answers.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
      [...Array(20).keys()].map((i) => i + 4),
    );
    expect(digestOf((await one.machines.view('vm')).vm)).toBe(digestOf((await two.history.load('vm')).vm));
  });

  it('carries out one of two commands that name the same version, and refuses the other without a record', async () => {
    const journal = new GatedJournal();
    const { submit } = machinesOn(journal);
    await submit(CREATE);
    const results = await Promise.allSettled([
      submit({ type: 'create_vcpu', id: 0 }, [1]),
      submit({ type: 'create_vcpu', id: 1 }, [1]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(VersionMismatch);
    expect(await journal.head()).toBe(2);
  });

  it.each([
    ['an unknown VM', SLOT, 'other', UnknownVm],
    ['data of another length', { ...write('x'), size: 2 }, 'vm', MalformedCommand],
    ['a version that is not there yet', { type: 'read_memory', gpa: 0, size: 1, asOf: 99 }, 'vm', UnknownVersion],
  ])('records nothing of %s', async (_, input, vm, error) => {
    const journal = new GatedJournal();
    const { submit } = machinesOn(journal);
    await submit(CREATE);
    await submit(SLOT);
    await expect(submit(input, undefined, vm)).rejects.toBeInstanceOf(error);
    expect(await journal.head()).toBe(2);
  });

  it('records a refusal, and goes on', async () => {
    const { submit } = machinesOn(new GatedJournal());
    await submit(CREATE);
    expect((await submit(CREATE)).decision).toMatchObject({ ret: -17, errno: 'EEXIST' });
    expect((await submit(SLOT)).version).toBe(3);
  });

  it('keeps time from going backwards within a VM', async () => {
    const journal = new GatedJournal();
    const times = [5000, 3000, 7000];
    const world = {
      now: () => new Date(times.shift() ?? 0),
      random: (size: number) => new Uint8Array(size),
      newId: () => 'x',
    };
    const machines = new Machines(journal, new History(journal, new MemorySnapshotStore()), world);
    for (const input of [CREATE, SLOT, read(1)]) {
      await machines.submit({ vm: 'vm', command: command.parse(input), actor: 'a', requestId: 'r' });
    }
    const records = await journal.read({ after: 0, limit: 10 });
    const seen = records.map(({ bytes }) =>
      (JSON.parse(Buffer.from(bytes).toString()) as { time: string }).time.slice(17, 19),
    );
    expect(seen).toEqual(['05', '05', '07']);
  });
});

describe('the past of a VM', () => {
  async function written() {
    const journal = new GatedJournal();
    const made = machinesOn(journal);
    await made.submit(CREATE);
    await made.submit(SLOT);
    for (const text of ['one', 'two', 'six']) await made.submit(write(text));
    return made;
  }

  it.each([
    [{ version: 2 }, '\0\0\0'],
    [{ version: 3 }, 'one'],
    [{ version: 5 }, 'six'],
    [{ at: 3000 }, 'one'],
    [{ at: 4999 }, 'two'],
    [{ at: 1e12 }, 'six'],
  ])('at %j', async (moment, text) => {
    const { machines, submit } = await written();
    const asOf = await machines.version('vm', moment);
    const seen = await machines.view('vm', moment);
    expect([seen.version, seen.vm.ledger.version]).toEqual([asOf, asOf]);
    const { decision } = await submit({ type: 'read_memory', gpa: 0, size: 3, asOf });
    expect(Buffer.from(decision.reply['data'] as Uint8Array).toString()).toBe(text);
  });

  it.each([
    [{ version: 6 }, UnknownVersion],
    [{ version: 0 }, UnknownVersion],
    [{ at: 999 }, UnknownVersion],
  ])('is not there at %j', async (moment, error) => {
    const { machines } = await written();
    await expect(machines.view('vm', moment)).rejects.toBeInstanceOf(error);
  });

  it('is there after the end of the VM, but not the time after it', async () => {
    const { submit } = await written();
    await submit({ type: 'destroy_vm' });
    const read = async (asOf: number) => (await submit({ type: 'read_memory', gpa: 0, size: 3, asOf })).decision;
    expect((await read(3)).reply).toEqual({ data: Uint8Array.from(Buffer.from('one')) });
    expect((await read(6)).errno).toBe('ENOENT');
    expect((await submit({ type: 'read_memory', gpa: 0, size: 3 })).decision.errno).toBe('ENOENT');
  });
});

describe('snapshots', () => {
  async function long() {
    const journal = new GatedJournal();
    const snapshots = new MemorySnapshotStore();
    const made = machinesOn(journal, snapshots);
    await made.submit(CREATE);
    await made.submit(SLOT);
    for (let i = 0; i < 1100; i++) await made.submit(write(`${i}`, 4096 * (i % 200)));
    for (const version of [500, 1000])
      while ((await snapshots.latest('vm', version))?.version !== version) await new Promise(setImmediate);
    return { ...made, journal, snapshots, digest: digestOf((await made.machines.view('vm')).vm) };
  }

  it('spare the reading of the whole history, and lead to the same state', async () => {
    const { journal, history, digest } = await long();
    journal.recordsRead = 0;
    expect(digestOf((await history.load('vm')).vm)).toBe(digest);
    expect(journal.recordsRead).toBeLessThan(200);
  });

  it('are passed over, and dropped, when they do not lead to the state that was recorded', async () => {
    const { history, snapshots, digest } = await long();
    const latest = (await snapshots.latest('vm', 2000)) as Snapshot;
    const other = (await snapshots.latest('vm', latest.version - 1)) as Snapshot;
    await snapshots.save({ ...latest, control: other.control }, []);
    expect(digestOf((await history.load('vm')).vm)).toBe(digest);
    expect(await snapshots.latest('vm', 2000)).toBeUndefined();
  });

  it('are passed over when they cannot be read, or are of another model', async () => {
    const { history, snapshots, digest } = await long();
    const latest = (await snapshots.latest('vm', 2000)) as Snapshot;
    await snapshots.save({ ...latest, model: 'older' }, []);
    expect(digestOf((await history.load('vm')).vm)).toBe(digest);
    await snapshots.save({ ...latest, control: new Uint8Array(3) }, []);
    expect(digestOf((await history.load('vm')).vm)).toBe(digest);
  });
});

describe('an outline', () => {
  it('is the VM but for the content of its memory, with a snapshot and without, and reads no bulk data', async () => {
    for (const writes of [10, 600]) {
      const journal = new GatedJournal();
      const { submit, history, machines } = machinesOn(journal);
      await submit(CREATE);
      await submit(SLOT);
      await submit({ type: 'create_vcpu', id: 0 });
      for (let i = 0; i < writes; i++) await submit(write(`${i}`));
      await submit({ type: 'set_registers', vcpu: 0, registers: { gprs: { 1: 7 } } });
      journal.dataRead = 0;
      const { vm: outline, version } = await history.outline('vm');
      const { memory, ...rest } = (await machines.view('vm')).vm;
      expect(version).toBe(writes + 4);
      expect({ ...outline, memory: undefined }).toEqual({ ...rest, memory: undefined });
      expect(outline?.memory.slots).toEqual(memory.slots);
      expect(journal.dataRead).toBe(0);
    }
  });
});

describe('many VMs', () => {
  it('under way at once: none is forgotten while something is on its way to it', async () => {
    const journal = new GatedJournal();
    const { machines, submit } = machinesOn(journal);
    const ids = [...Array(100).keys()].map((i) => `vm-${i}`);
    await Promise.all(ids.map((id) => submit(CREATE, undefined, id)));
    journal.hold();
    const answers = ids.map((id) => submit(SLOT, undefined, id));
    await new Promise((resolve) => setTimeout(resolve, 20));
    journal.open();
    expect((await Promise.all(answers)).map(({ version }) => version)).toEqual(ids.map(() => 2));
    for (const id of ids) {
      expect((await machines.view(id)).version).toBe(2);
      expect((await submit(read(1), [2], id)).version).toBe(3);
    }
  });

  it('are listed in order of id, those that are wanted, and come back after they were forgotten', async () => {
    const { machines, submit } = machinesOn(new GatedJournal());
    const ids = [...Array(150).keys()].map((i) => `vm-${String(i).padStart(3, '0')}`);
    await Promise.all(ids.map((id, i) => submit({ ...CREATE, name: i % 3 ? '' : 'third' }, undefined, id)));
    const thirds = ids.filter((_, i) => i % 3 === 0);
    const first = await machines.list('', 30, ({ name }) => name === 'third');
    const rest = await machines.list(first.at(-1)?.vm.id ?? '', 30, ({ name }) => name === 'third');
    expect([...first, ...rest].map(({ vm }) => vm.id)).toEqual(thirds);
    expect((await submit(SLOT, undefined, 'vm-000')).version).toBe(2);
  });
});
