import fc from 'fast-check';
import { asAbsolute } from '../../../../src/domain/memory/address.js';
import { MARK } from '../../../../src/domain/memory/frame-marks.js';
import { apply, applyEntry, factsOf } from '../../../../src/domain/vm/folds/apply.js';
import { EVENT_TYPES, type Event } from '../../../../src/domain/vm/facts/event.js';
import { type Vm, fork } from '../../../../src/domain/vm/state.js';
import { MIB, Machine } from '../../support/machine.js';

const part = (absolute: bigint, size: number) => ({ absolute: asAbsolute(absolute), size });

/** Slot 0 logs, slot 1 does not; each 1 MiB. Two vCPUs. */
const machine = (): Machine => {
  const made = new Machine();
  made.slot(0, 0n, MIB, ['log_dirty_pages']);
  made.slot(1, MIB, MIB);
  made.vcpu(0);
  made.vcpu(1);
  return made;
};

const marks = ({ vm }: Machine, frame: number): number => vm.memory.marks.get(frame);
const bytes = ({ vm }: Machine, frame: number, size = 2): number[] => [...(vm.memory.page(frame) ?? []).slice(0, size)];

const everyFact: readonly Event[] = [
  { type: 'vm_destroyed' },
  { type: 'vcpu_created', vcpu: 7 },
  { type: 'registers_set', vcpu: 0, registers: { prefix: 0x2000 } },
  { type: 'user_cpu_state_control_taken' },
  { type: 'vcpu_started', vcpu: 0 },
  { type: 'vcpu_stopped', vcpu: 0 },
  { type: 'vcpu_reset', vcpu: 0, reset: 'clear' },
  { type: 'interrupt_queued', vcpu: 0, interrupt: { type: 'restart' } },
  { type: 'interrupt_delivered', vcpu: 0, interrupt: { type: 'restart' } },
  { type: 'floating_interrupt_queued', interrupt: { type: 'pfault_done', extParams2: 0n } },
  { type: 'floating_interrupt_delivered', interrupt: { type: 'pfault_done', extParams2: 0n } },
  { type: 'frames_cleared', absolute: asAbsolute(0n), pages: 300 },
  { type: 'ucas_mapped', vcpu: 0, mapping: { userAddr: 0n, vcpuAddr: 0n, length: MIB } },
  { type: 'ucas_unmapped', vcpu: 0, mapping: { userAddr: 0n, vcpuAddr: 0n, length: MIB } },
  { type: 'memslot_created', slot: 2, guestPhysAddr: 4n * MIB, size: MIB, userspaceAddr: 4n * MIB, flags: [] },
  { type: 'memslot_moved', slot: 1, guestPhysAddr: 8n * MIB },
  { type: 'memslot_flags_changed', slot: 1, flags: ['log_dirty_pages'] },
  { type: 'memslot_deleted', slot: 1 },
  { type: 'dirty_log_taken', slot: 0 },
  { type: 'dirty_log_cleared', slot: 0, firstPage: 0n, data: new Uint8Array(8).fill(255) },
  { type: 'memory_loaded', parts: [part(0x1000n, 2)], data: Uint8Array.of(1, 2) },
  { type: 'memory_read', parts: [part(0x1000n, 2)] },
  { type: 'memory_stored', parts: [part(0x1000n, 2)], data: Uint8Array.of(1, 2) },
  { type: 'memory_compared', parts: [part(0x1000n, 2)] },
  { type: 'memory_made_writable', parts: [part(0x1000n, 2)] },
  { type: 'memory_kept', runs: [{ page: 1, count: 2 }], data: new Uint8Array(0x2000).fill(3) },
  { type: 'memory_erased', from: 1, to: 2 },
  { type: 'sida_stored', vcpu: 0, offset: 4, data: Uint8Array.of(1) },
  { type: 'program_interrupt_queued', vcpu: 0, code: 4, transExcCode: 5n, excAccessId: 6 },
  { type: 'cmma_enabled' },
  { type: 'cmma_cleared' },
  { type: 'mem_limit_set', topTable: 'segment' },
  { type: 'cpu_processor_set', cpuid: 1n, ibc: 2, facilities: [3] },
  { type: 'cpu_feat_set', feat: [0] },
  { type: 'cpu_subfunc_set', subfunc: { km: 'f'.repeat(32) } },
  { type: 'cpu_uv_feat_guest_set', value: 1n },
  { type: 'tod_set', epdx: 1, epoch: 2n },
  { type: 'key_wrapping_set', algorithm: 'aes', enabled: true, fingerprint: 'ab'.repeat(32) },
  { type: 'ap_interpretation_set', enabled: true },
  { type: 'topology_change_set', pending: false },
  { type: 'capability_enabled', capability: 's390_ri', facilities: [64] },
  { type: 'migration_started' },
  { type: 'migration_stopped' },
  { type: 'skeys_enabled' },
  { type: 'storage_keys_set', startGfn: 1n, data: Uint8Array.of(0x36, 0x40) },
  { type: 'storage_key_set', absolute: asAbsolute(0x1000n), key: 0x36 },
  { type: 'cmm_used' },
  { type: 'page_state_set', absolute: asAbsolute(0x1000n), usage: 3, nodat: true },
  { type: 'cmma_values_set', startGfn: 1n, cleared: 0x43, mask: 0x43, data: Uint8Array.of(1, 2) },
  { type: 'cmma_collected', startGfn: 0n, count: 2 },
  { type: 'protection_enabled' },
  { type: 'protection_disabled' },
  { type: 'vcpus_unprotected' },
  { type: 'dump_started' },
  { type: 'dump_completed' },
  { type: 'protection_set_aside' },
  { type: 'aside_destroyed' },
  { type: 'image_unpacked', absolute: asAbsolute(0x1000n), pages: 2 },
];

const summary = (vm: Vm) => ({
  ...vm,
  memory: {
    slots: vm.memory.slots,
    pages: [...vm.memory.pages.entries()],
    marks: [...vm.memory.marks.store.entries()],
  },
});

describe('the fold of facts', () => {
  it('knows every fact that there is', () => {
    expect(everyFact.map(({ type }) => type).sort()).toEqual(factsOf('s390x').sort());
  });

  it('has a fold for every fact, in some architecture', () => {
    const folded = (['s390x', 'x86_64', 'aarch64'] as const).flatMap(factsOf);
    expect(new Set(['vm_created', ...folded])).toEqual(new Set(EVENT_TYPES));
  });

  it('throws at a fact that cannot happen to the VM', () => {
    expect(() => apply('vm', machine().vm, { type: 'x86_registers_set', vcpu: 0, registers: {} })).toThrow('s390x');
  });

  it.each(everyFact)('of $type leaves a fork of the VM as it was', (fact) => {
    const { vm } = machine();
    const past = fork(vm);
    const before = structuredClone(summary(past));
    apply('vm', vm, fact);
    expect(summary(past)).toEqual(before);
  });

  it('needs a VM for everything but its creation', () => {
    expect(() => apply('vm', undefined, { type: 'cmma_enabled' })).toThrow('never created');
  });

  it('does not hang on how facts are grouped into records', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...everyFact), fc.boolean()), { maxLength: 30 }), (steps) => {
        const facts = steps.map(([fact]) => fact);
        const one = applyEntry(machine().vm, { vm: 'vm', version: 9, time: 't', events: facts });
        let other: Vm | undefined = machine().vm;
        for (const fact of facts) other = applyEntry(other, { vm: 'vm', version: 9, time: 't', events: [fact] });
        const whole = (vm: Vm | undefined) => vm && { ...summary(vm), ledger: {} };
        expect(whole(other)).toEqual(whole(one));
      }),
    );
  });
});

describe('facts about memory', () => {
  const access = (type: 'memory_read' | 'memory_compared' | 'memory_made_writable', absolute: bigint) =>
    machine().fold({ type, parts: [part(absolute, 4097)] });
  const stored = machine().fold({ type: 'memory_stored', parts: [part(MIB - 1n, 2)], data: Uint8Array.of(1, 2) });

  it('memory_loaded stores and marks nothing', () => {
    const made = machine().fold({ type: 'memory_loaded', parts: [part(0n, 2)], data: Uint8Array.of(1, 2) });
    expect([bytes(made, 0), marks(made, 0)]).toEqual([[1, 2], 0]);
  });

  it('memory_read sets reference bits of every page it touches', () => {
    const made = access('memory_read', 0xfffn);
    expect([0, 1, 2].map((frame) => marks(made, frame))).toEqual([0x04, 0x04, 0]);
  });

  it('memory_stored sets reference and change bits, and dirty bits in slots that log', () => {
    expect([marks(stored, 255), marks(stored, 256)]).toEqual([MARK.dirty | 0x06, 0x06]);
    expect(bytes(stored, 256, 1)).toEqual([2]);
  });

  it('memory_compared sets reference and dirty bits', () => {
    expect(marks(access('memory_compared', 0n), 0)).toBe(MARK.dirty | 0x04);
  });

  it('memory_made_writable sets the dirty bit alone', () => {
    expect(marks(access('memory_made_writable', 0n), 0)).toBe(MARK.dirty);
  });

  it('memory_stored leaves the rest of the key', () => {
    const made = machine();
    made.vm.memory.marks.set(0, MARK.key, 0x98);
    made.fold({ type: 'memory_stored', parts: [part(0n, 1)], data: Uint8Array.of(1) });
    expect(marks(made, 0) & MARK.key).toBe(0x9e);
  });
});

describe('facts about migration', () => {
  const migrating = (): Machine => machine().fold({ type: 'cmma_enabled' }, { type: 'migration_started' });
  const pages = ({ vm }: Machine) => [vm.cmmaDirtyPages, vm.memory.slots.map(({ cmmaDirty }) => cmmaDirty)];

  it('migration_started makes every page of every slot CMMA-dirty, if the VM uses CMMA', () => {
    expect(pages(migrating())).toEqual([512, [true, true]]);
    expect(pages(machine().fold({ type: 'migration_started' }))).toEqual([undefined, [undefined, undefined]]);
  });

  it('migration_stopped makes no page CMMA-dirty', () => {
    const made = migrating();
    made.vm.memory.marks.set(3, MARK.cmmaDirty, MARK.cmmaDirty);
    made.fold({ type: 'migration_stopped' });
    expect([...pages(made), marks(made, 3)]).toEqual([undefined, [undefined, undefined], 0]);
  });

  it('cmma_cleared leaves what is counted, as KVM does', () => {
    expect(pages(migrating().fold({ type: 'cmma_cleared' }))).toEqual([512, [undefined, undefined]]);
  });

  it('a slot that goes or moves takes its dirty pages out of the count, those that were collected not again', () => {
    const made = migrating();
    made.vm.memory.marks.set(3, MARK.cmmaDirty, MARK.cmmaDirty);
    expect(pages(made.fold({ type: 'memslot_deleted', slot: 0 }))).toEqual([257, [true]]);
    expect(pages(migrating().fold({ type: 'memslot_moved', slot: 0, guestPhysAddr: 8n * MIB }))).toEqual([
      256,
      [true, undefined],
    ]);
  });

  it('a slot that comes while migration goes on is clean', () => {
    const made = migrating();
    made.slot(5, 16n * MIB, MIB, ['log_dirty_pages']);
    expect(pages(made)).toEqual([512, [true, true, undefined]]);
  });
});

describe('facts about slots', () => {
  const used = (): Machine => {
    const made = machine().fold({ type: 'memory_stored', parts: [part(0n, 2)], data: Uint8Array.of(1, 2) });
    made.vm.memory.marks.set(0, MARK.usage | MARK.nodat | MARK.cmmaDirty, 0xffff);
    return made;
  };

  it('memslot_moved takes the contents and the dirty log along and drops keys and CMMA states', () => {
    const made = used().fold({ type: 'memslot_moved', slot: 0, guestPhysAddr: 8n * MIB });
    expect([bytes(made, 2048), bytes(made, 0), marks(made, 2048), marks(made, 0)]).toEqual([[1, 2], [], MARK.dirty, 0]);
    expect(made.vm.memory.slots.map(({ slot }) => slot)).toEqual([1, 0]);
  });

  it('memslot_deleted drops keys and CMMA states; the contents are there for the next slot', () => {
    const made = used().fold({ type: 'memslot_deleted', slot: 0 });
    expect([bytes(made, 0), marks(made, 0)]).toEqual([[], 0]);
    made.slot(0, 4n * MIB, MIB, 0, 0n);
    expect(bytes(made, 1024)).toEqual([1, 2]);
  });

  it('memslot_flags_changed drops the log where logging ends, and keeps the rest', () => {
    const made = used().fold({ type: 'memslot_flags_changed', slot: 0, flags: [] });
    expect(marks(made, 0) & MARK.dirty).toBe(0);
    expect(marks(made, 0) & MARK.key).toBe(0x06);
  });

  it('dirty_log_taken drops the log of its slot alone', () => {
    const made = used();
    made.slot(1, MIB, MIB, 1);
    made.fold(
      { type: 'memory_stored', parts: [part(MIB, 1)], data: Uint8Array.of(1) },
      { type: 'dirty_log_taken', slot: 0 },
      { type: 'dirty_log_cleared', slot: 0, firstPage: 0n, data: new Uint8Array(8).fill(255) },
    );
    expect([marks(made, 0) & MARK.dirty, marks(made, 256) & MARK.dirty]).toEqual([0, MARK.dirty]);
  });
});

describe('facts about vCPUs', () => {
  const interrupt = (code: number, transExcCode = 0n): Event => ({
    type: 'program_interrupt_queued',
    vcpu: 1,
    code,
    transExcCode,
    excAccessId: 1,
  });

  it('at most one program interruption is pending, the last one', () => {
    const made = machine().fold(interrupt(0x10, 0x1000n), interrupt(4, 0x2404n));
    expect(made.vm.vcpus.get(1)?.pending).toEqual([
      { type: 'program_int', code: 4, transExcCode: 0x2404n, excAccessId: 1, flags: 1 },
    ]);
    expect(made.vm.vcpus.get(0)?.pending).toEqual([]);
  });

  it('a vCPU has its secure interface data area while it is protected', () => {
    const made = machine().fold({ type: 'protection_enabled' });
    made.fold({ type: 'sida_stored', vcpu: 0, offset: 4094, data: Uint8Array.of(1, 2) });
    expect(made.vm.vcpus.get(0)?.sida?.slice(4093)).toEqual(Uint8Array.of(0, 1, 2));
    expect(made.vm.vcpus.get(1)?.sida).toEqual(new Uint8Array(4096));
    made.fold({ type: 'dump_started' });
    expect(made.vm.vcpus.get(0)?.sida).toHaveLength(4096);
    for (const end of ['protection_disabled', 'protection_set_aside'] as const)
      expect(new Map(fork(apply('vm', fork(made.vm), { type: end })).vcpus).get(0)).not.toHaveProperty('sida');
  });
});

describe('the ledger of a VM', () => {
  const created: Event[] = [];
  const probe = new Machine();
  const { arch, vmType, semantics, name, labels, host } = probe.vm;
  created.push({ type: 'vm_created', arch, vmType, semantics, name, labels: { ...labels }, host });
  const at = (vm: Vm | undefined, version: number, events: readonly Event[]) =>
    applyEntry(vm, { vm: 'vm', version, time: `t${version}`, events });

  it('counts versions and remembers when things happened', () => {
    const first = at(undefined, 1, created);
    const second = at(first, 2, []);
    const third = at(second, 3, [{ type: 'vm_destroyed' }]);
    const fourth = at(third, 4, []);
    expect([first, second, third, fourth].map((vm) => vm?.ledger)).toEqual([
      { version: 1, createdAt: 't1', updatedAt: 't1' },
      { version: 2, createdAt: 't1', updatedAt: 't2' },
      { version: 3, createdAt: 't1', updatedAt: 't3', destroyedAt: 't3' },
      { version: 4, createdAt: 't1', updatedAt: 't4', destroyedAt: 't3' },
    ]);
  });

  it('may begin with refusals', () => {
    expect(at(undefined, 1, [])).toBeUndefined();
    expect(at(undefined, 2, created)?.ledger).toMatchObject({ version: 2, createdAt: 't2' });
  });
});
