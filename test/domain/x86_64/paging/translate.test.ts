import { type Reruns, reexecute } from '../../../../src/domain/audit/reexecute.js';
import { checkExtension } from '../../../../src/domain/vm/capabilities.js';
import { decide } from '../../../../src/domain/vm/decide.js';
import { command } from '../../../../src/domain/vm/command.js';
import { forecast } from '../../../../src/domain/vm/forecast/forecast.js';
import { fork } from '../../../../src/domain/vm/state.js';
import { digester } from '../../support/test-digester.js';
import { LONG_MODE, TABLES, X86Ledger } from '../../support/x86-vm.js';

const ADDRESS = 0x8040201abcn;

describe('KVM_TRANSLATE2', () => {
  it('answers and changes nothing unless flags ask for it', () => {
    const ledger = new X86Ledger().load(TABLES);
    expect(ledger.translate(ADDRESS)).toEqual({
      ret: 0,
      reply: { valid: true, physicalAddress: 0x5abcn, errorCode: null, setBitsSucceeded: false },
      events: [],
    });
    expect(ledger.entry(0x4008n)).toBe(0x5007n);
    expect(ledger.dirty(0)).toEqual([]);
  });

  it('sets bits in memory, and its tables are dirty', () => {
    const ledger = new X86Ledger().load([...TABLES, [0x3008n, 0x4027n]]);
    const { reply } = ledger.translate(ADDRESS, { flags: ['set_accessed', 'set_dirty'], access: ['write'] });
    expect(reply).toMatchObject({ valid: true, setBitsSucceeded: true });
    expect(TABLES.map(([at]) => ledger.entry(at))).toEqual([0x2027n, 0x3027n, 0x4027n, 0x5067n]);
    expect(ledger.dirty(0)).toEqual([1n, 2n, 4n]);
    ledger.translate(ADDRESS, { flags: 3, access: 1 });
    expect(ledger.dirty(0)).toEqual([]);
  });

  it('skips tables in read-only slots, which are not dirty either', () => {
    const ledger = new X86Ledger().load([...TABLES, [0x3008n, 0x200007n], [0x200008n, 0x5007n]]);
    const { reply } = ledger.translate(ADDRESS, { flags: 1 });
    expect(reply).toMatchObject({ valid: true, setBitsSucceeded: false });
    expect([ledger.entry(0x3008n), ledger.entry(0x200008n)]).toEqual([0x200027n, 0x5007n]);
    expect([ledger.dirty(0), ledger.dirty(1)]).toEqual([[1n, 2n, 3n], []]);
  });

  it('is refused without the vCPU, before its arguments are looked at; then for its arguments', () => {
    const ledger = new X86Ledger().load(TABLES);
    expect(ledger.translate(ADDRESS, { vcpu: 1, flags: 2 })).toMatchObject({ ret: -2, errno: 'ENOENT' });
    expect(ledger.translate(ADDRESS, { flags: 2 })).toEqual({ ret: -22, errno: 'EINVAL', reply: {}, events: [] });
    expect(ledger.translate(ADDRESS, { access: 8 })).toMatchObject({ errno: 'EINVAL' });
  });

  it('of the past tells what was, and sets nothing there', () => {
    const ledger = new X86Ledger().load(TABLES);
    const past = fork(ledger.machine);
    ledger.load([[0x4008n, 0n]]);
    const ask = (more: object) =>
      decide(
        ledger.vm,
        command.parse({ type: 'translate2', vcpu: 0, linearAddress: Number(ADDRESS), asOf: 9, ...more }),
        past,
      );
    expect(ask({}).reply).toMatchObject({ valid: true, physicalAddress: 0x5abcn });
    expect(ask({ flags: 1 }).malformed).toEqual({
      field: 'flags',
      message: 'must be empty where the past is looked at',
    });
    expect(ledger.translate(ADDRESS).reply).toMatchObject({ valid: false });
  });

  it('is EINVAL on aarch64, and nothing that s390x knows', () => {
    const asked = { type: 'translate2', vcpu: 0, linearAddress: 0 };
    const legacy = { type: 'translate_legacy', vcpu: 0, linearAddress: 0 };
    const batch = { type: 'translate2_batch', vcpu: 0, ops: [{ linearAddress: 0 }, { linearAddress: 1 }] };
    const on = (arch: string) => {
      const ledger = new X86Ledger();
      ledger.vm = undefined;
      ledger.run({ type: 'create_vm', arch });
      const before = ledger.run(asked).errno;
      ledger.run({ type: 'create_vcpu', id: 0 });
      return [before, ledger.run(asked).errno, ledger.run(legacy).errno, ledger.run(batch)] as const;
    };
    const refusedItem = { ret: -22, errno: 'EINVAL' };
    expect(on('aarch64')).toMatchObject([
      'ENOENT',
      'EINVAL',
      'EINVAL',
      { ret: 0, reply: { results: [refusedItem, refusedItem] } },
    ]);
    expect(on('s390x')).toMatchObject(['ENOTTY', 'ENOTTY', 'EINVAL', { errno: 'ENOTTY' }]);
  });
});

describe('a batch', () => {
  const ops = [
    { linearAddress: '0x8040201abc' },
    { linearAddress: '0x8040201abc', flags: 1 },
    { linearAddress: '0x8040201abc', flags: 2 },
    { linearAddress: '0x8040202abc', flags: 5 },
    { linearAddress: '0x8040201abc', flags: 3, access: 1 },
  ];

  it('answers each item in its place, each on what the ones before left', () => {
    const ledger = new X86Ledger().load(TABLES);
    const { ret, reply, events } = ledger.run({ type: 'translate2_batch', vcpu: 0, explain: true, ops });
    expect(ret).toBe(0);
    expect(reply['results']).toMatchObject([
      { ret: 0, valid: true, walk: [{ entry: 0x2007n }, {}, {}, { entry: 0x5007n }] },
      { ret: 0, valid: true, setBitsSucceeded: true, walk: [{ entry: 0x2007n }, {}, {}, {}] },
      { ret: -22, errno: 'EINVAL' },
      { ret: 0, valid: false, physicalAddress: 0x4010n, errorCode: { code: 1 }, setBitsSucceeded: true },
      { ret: 0, valid: true, walk: [{ entry: 0x2027n }, {}, {}, { entry: 0x5027n }] },
    ]);
    expect(events.map((fact) => ('parts' in fact ? fact.parts.map(({ absolute }) => absolute) : []))).toEqual([
      [0x1008n, 0x2008n, 0x3008n, 0x4008n],
      [0x4008n],
    ]);
    expect(ledger.entry(0x4008n)).toBe(0x5067n);
  });

  it('leaves the VM that it was decided on as it was', () => {
    const ledger = new X86Ledger().load(TABLES);
    decide(ledger.vm, command.parse({ type: 'translate2_batch', vcpu: 0, ops }));
    expect(ledger.entry(0x1008n)).toBe(0x2007n);
  });

  it('is refused without the vCPU, and names the item that would set bits in the past', () => {
    const ledger = new X86Ledger().load(TABLES);
    expect(ledger.run({ type: 'translate2_batch', vcpu: 3, ops }).errno).toBe('ENOENT');
    const past = decide(ledger.vm, command.parse({ type: 'translate2_batch', vcpu: 0, ops, asOf: 3 }), ledger.vm);
    expect(past.malformed?.field).toBe('ops.1.flags');
  });
});

describe('KVM_TRANSLATE and mappings', () => {
  it('KVM_TRANSLATE sets accessed bits', () => {
    const ledger = new X86Ledger().load(TABLES);
    const { reply } = ledger.run({ type: 'translate_legacy', vcpu: 0, linearAddress: '0x8040201abc' });
    expect(reply).toEqual({ valid: true, physicalAddress: 0x5abcn, writeable: true, usermode: false });
    expect(TABLES.map(([at]) => ledger.entry(at))).toEqual([0x2027n, 0x3027n, 0x4027n, 0x5027n]);
    expect(ledger.run({ type: 'translate_legacy', vcpu: 9, linearAddress: 0 }).errno).toBe('ENOENT');
  });

  it('mappings are read without a trace, now and then', () => {
    const ledger = new X86Ledger().load(TABLES);
    const item = {
      linearAddress: 0x8040201000n,
      size: 0x1000n,
      physicalAddress: 0x5000n,
      pageSize: 4096,
      rights: ['write', 'user', 'exec'],
    };
    const ask = { type: 'read_mappings', vcpu: 0 };
    expect(ledger.run(ask)).toEqual({ ret: 0, reply: { items: [item] }, events: [] });
    const past = fork(ledger.machine);
    ledger.load([
      [0x4008n, 0n],
      [0x4010n, 0x6007n],
      [0x4020n, 0x9007n],
    ]);
    expect(ledger.run({ ...ask, limit: 1 }).reply).toMatchObject({
      items: [{ physicalAddress: 0x6000n }],
      next: 0x8040204000n,
    });
    expect(decide(ledger.vm, command.parse({ ...ask, asOf: 3 }), past).reply).toEqual({ items: [item] });
    expect(ledger.run({ ...ask, vcpu: 9 }).errno).toBe('ENOENT');
  });
});

describe('registers that do not fit together', () => {
  it.each([
    ['long mode without PAE', { cr4: 0 }],
    ['CS.L outside long mode', { cr0: 1, efer: 0 }],
    ['a bit of CR4 that there is not', { cr4: '0x8020' }],
  ])('are EINVAL, and nothing changes: %s', (_name, registers) => {
    const ledger = new X86Ledger();
    const before = ledger.machine.vcpus.get(0)?.registers;
    expect(ledger.registers({ ...registers, rax: 7 })).toEqual({ ret: -22, errno: 'EINVAL', reply: {}, events: [] });
    expect(ledger.machine.vcpus.get(0)?.registers).toEqual(before);
  });

  it('are looked at after the vCPU', () => {
    expect(new X86Ledger().registers({ cr4: 0 }, 1).errno).toBe('ENOENT');
  });

  it('are those together with what the vCPU has', () => {
    const ledger = new X86Ledger();
    expect(ledger.registers({ cs: { l: 0 } }).ret).toBe(0);
    expect(ledger.registers({ cr0: '0x11', efer: '0x100' }).ret).toBe(0);
    expect(ledger.registers({ cr0: '0x80000011' }).errno).toBe('EINVAL');
    expect(ledger.registers(LONG_MODE).ret).toBe(0);
  });
});

describe('the VM', () => {
  it('says that it has KVM_TRANSLATE2, and others that they have not', () => {
    const ledger = new X86Ledger();
    expect([checkExtension(ledger.machine, 'translate2'), checkExtension(ledger.machine, 239)]).toEqual([1, 1]);
    for (const arch of ['s390x', 'aarch64']) {
      ledger.vm = undefined;
      ledger.run({ type: 'create_vm', arch });
      expect(checkExtension(ledger.current, 239)).toBe(0);
    }
  });

  it.each(['translate2', 'translate2_batch', 'translate_legacy', 'read_mappings'])(
    'forecasts what it answers: %s',
    (type) => {
      const ledger = new X86Ledger();
      const fields =
        type === 'translate2_batch'
          ? { ops: [{ linearAddress: 0 }] }
          : type === 'read_mappings'
            ? {}
            : { linearAddress: 0 };
      expect([forecast(ledger.machine)[type], ledger.run({ type, vcpu: 0, ...fields }).errno]).toEqual([
        'accepted',
        undefined,
      ]);
      ledger.vm = undefined;
      ledger.run({ type: 'create_vm', arch: 'x86_64' });
      expect([forecast(ledger.machine)[type], ledger.run({ type, vcpu: 0, ...fields }).errno]).toEqual([
        'ENOENT',
        'ENOENT',
      ]);
    },
  );

  it('is replayed to the same answers, bits and digests', () => {
    const ledger = new X86Ledger({ semantics: 'kernel' }).load(TABLES);
    ledger.translate(ADDRESS, { flags: 5 });
    ledger.load(TABLES);
    ledger.run({
      type: 'translate2_batch',
      vcpu: 0,
      ops: Array.from({ length: 60 }, (_, i) => ({
        linearAddress: 0x8040200000 + 4096 * (i % 3),
        flags: 5,
        access: i % 8,
      })),
    });
    ledger.run({ type: 'translate_legacy', vcpu: 0, linearAddress: '0x8040201abc' });
    ledger.run({ type: 'read_mappings', vcpu: 0 });
    ledger.translate(ADDRESS, { explain: true, flags: 2 });
    ledger.dirty(0);
    let reruns: Reruns = new Map();
    for (const record of ledger.records) {
      const step = reexecute(reruns, record, undefined, digester);
      expect(step.divergences).toEqual([]);
      reruns = step.reruns;
    }
    expect(reruns.get('vm')?.version).toBe(ledger.records.length);
    const beside = ledger.records.flatMap(({ body: { data = [] } }) => data.map(({ role }) => role));
    expect(new Set(beside)).toEqual(
      new Set(['command.data', 'command.ops', 'events.data', 'outcome.results', 'outcome.items']),
    );
  });
});
