import { stateDigest } from '../../../src/domain/audit/state-digest.js';
import { apply } from '../../../src/domain/vm/folds/apply.js';
import { command } from '../../../src/domain/vm/command.js';
import type { Event } from '../../../src/domain/vm/facts/event.js';
import { decide } from '../../../src/domain/vm/decide.js';
import type { S390xVm } from '../../../src/domain/vm/state.js';
import { MIB, Machine } from '../support/machine.js';
import { digester } from '../support/test-digester.js';

const digest = ({ vm }: { vm: S390xVm }): string => Buffer.from(stateDigest(vm, digester)).toString('hex');

const machine = (): Machine => {
  const made = new Machine();
  made.slot(0, 0n, MIB, ['log_dirty_pages']);
  return made.fold({ type: 'vcpu_created', vcpu: 0 });
};

const part = { absolute: 0x1000n as never, size: 1 };

describe('the digest of a state', () => {
  it('is the same for the same state, however it came about', () => {
    const once = machine().fold({ type: 'memory_loaded', parts: [part], data: Uint8Array.of(2) });
    const twice = machine().fold(
      { type: 'memory_loaded', parts: [part], data: Uint8Array.of(1) },
      { type: 'memory_loaded', parts: [part], data: Uint8Array.of(2) },
    );
    expect(digest(twice)).toBe(digest(once));
    expect(digest(machine().fold({ type: 'memory_loaded', parts: [part], data: Uint8Array.of(0) }))).toBe(
      digest(machine()),
    );
  });

  it.each<[string, Event]>([
    ['a byte', { type: 'memory_loaded', parts: [part], data: Uint8Array.of(1) }],
    ['a reference bit', { type: 'memory_read', parts: [part] }],
    ['a dirty bit', { type: 'memory_made_writable', parts: [part] }],
    ['a register', { type: 'registers_set', vcpu: 0, registers: { gprs: { '3': 1n } } }],
    [
      'a pending interruption',
      { type: 'program_interrupt_queued', vcpu: 0, code: 4, transExcCode: 0n, excAccessId: 0 },
    ],
    ['a vCPU', { type: 'vcpu_created', vcpu: 1 }],
    ['a slot', { type: 'memslot_created', slot: 1, guestPhysAddr: MIB, size: MIB, userspaceAddr: MIB, flags: [] }],
    ["a slot's flag", { type: 'memslot_flags_changed', slot: 0, flags: [] }],
    ['the chart', { type: 'cmma_enabled' }],
    ['the top table', { type: 'mem_limit_set', topTable: 'segment' }],
  ])('tells %s', (_, event) => {
    expect(digest(machine().fold(event))).not.toBe(digest(machine()));
  });

  it('tells two VMs that were made by the same command', () => {
    const { events } = decide(undefined, command.parse({ type: 'create_vm', arch: 's390x' }));
    const [one, two] = ['one', 'two'].map((id) => ({ vm: apply(id, undefined, events[0] as Event) }));
    expect(digest(one as { vm: S390xVm })).not.toBe(digest(two as { vm: S390xVm }));
  });

  it('does not tell when, or by how many records', () => {
    const made = machine();
    const later = { vm: { ...made.vm, ledger: { version: 9, createdAt: 'x', updatedAt: 'y' } } };
    expect(digest(later)).toBe(digest(made));
  });
});
