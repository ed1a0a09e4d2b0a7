import { TABLES, X86, type X86Options } from '../../support/x86-vms.js';

type Fields = Readonly<Record<string, unknown>>;

const MEM_MAP = 32;
const MEM_UNMAP = 33;

/** Where the tests have tokens, in the memory of the VM that presents them. */
const K = 0x100000n;

/** A target T, and a VM I in which the tool runs. */
function pair(options: X86Options = {}) {
  const target = new X86(options, 'T');
  const tool = new X86(options, 'I', target.vms);
  target.hook();
  return { target, tool };
}

/** Presents a fresh token of T. */
function map({ target, tool }: ReturnType<typeof pair>, from: bigint, to: bigint, more: Fields = {}) {
  tool.put(K, target.token(from === to ? 1 : Number((from ^ (to << 1n)) >> 12n) & 0xff));
  return tool.call(MEM_MAP, [K, from, to], more);
}

const OK = { rax: 0n, result: 0, clobbered: [] };
const failed = (cause: string) => ({ result: -14, code: 'KVM_EFAULT', cause });

describe('worked examples (vmi-hypercalls section 6)', () => {
  const both = pair();
  const { target, tool } = both;
  const token = target.token(7);

  it('row 13: I[0x9000] aliases T[0x5000]', () => {
    target.put(0x5000n, Uint8Array.of(1, 2, 3));
    tool.put(0x9000n, Uint8Array.of(9, 9, 9)).put(K, token);
    expect(tool.call(MEM_MAP, [K, 0x5000, 0x9000])).toMatchObject({
      ret: 0,
      reply: OK,
      counterparts: [{ vm: 'T', command: { type: 'lend_page', borrower: 'I' } }],
    });
    expect(tool.bytes(0x9000n, 3)).toEqual([1, 2, 3]);
    tool.guest('store', { gva: 0x9001, data: 'BAU=' });
    expect(target.bytes(0x5000n, 3)).toEqual([1, 4, 5]);
    target.put(0x5fffn, Uint8Array.of(6));
    expect(tool.guest('load', { gva: 0x9fff, size: 1 }).reply).toEqual({ data: Uint8Array.of(6) });
  });

  it('row 14: the same token again', () => {
    expect(tool.call(MEM_MAP, [K, 0x5000, 0xa000])).toMatchObject({ reply: failed('ENOENT') });
  });

  it('row 15: MEM_UNMAP leaves a zero page', () => {
    expect(tool.call(MEM_UNMAP, [0x9000]).reply).toEqual(OK);
    expect(tool.bytes(0x9000n, 3)).toEqual([0, 0, 0]);
    expect(target.bytes(0x5000n, 3)).toEqual([1, 4, 5]);
    expect(target.vm).not.toHaveProperty('lent');
  });

  it('row 16: MEM_UNMAP again', () => {
    expect(tool.call(MEM_UNMAP, [0x9000]).reply).toMatchObject(failed('ENOENT'));
  });

  it('row 17: CPL 3, and the token is not consumed', () => {
    tool.put(K, target.token(8));
    const decision = tool.call(MEM_MAP, [K, 0x5000, 0x9000], { cpl: 3 });
    expect(decision).toMatchObject({ reply: { result: -1, code: 'KVM_EPERM' } });
    expect(decision).not.toHaveProperty('counterparts');
    expect(tool.call(MEM_MAP, [K, 0x5000, 0x9000]).reply).toEqual(OK);
  });
});

describe('MEM_MAP: the order of checks', () => {
  const CODES = { ENOENT: -2, EFAULT: -14, EINVAL: -22, EALREADY: -114 } as const;

  interface Row {
    readonly prepare?: (both: ReturnType<typeof pair>) => void;
    readonly from?: bigint;
    readonly to?: bigint;
    readonly cause: keyof typeof CODES;
    readonly consumed: boolean;
  }

  const lendToAnother = ({ target }: ReturnType<typeof pair>): void => {
    const other = new X86({}, 'J', target.vms);
    other.put(K, target.token(99)).call(MEM_MAP, [K, 0x6000, 0x6000]);
  };

  const rows: Readonly<Record<string, Row>> = {
    '1 a0 not mapped': { prepare: ({ tool }) => tool.map(0x100, 0n), cause: 'ENOENT', consumed: false },
    '2 the token cannot be read': {
      prepare: ({ tool }) => tool.map(0x100, 0x800007n),
      cause: 'EFAULT',
      consumed: false,
    },
    '3 unknown token': {
      prepare: ({ tool }) => tool.put(K, new Uint8Array(32).fill(200)),
      cause: 'ENOENT',
      consumed: false,
    },
    '3 expired token': { prepare: ({ target }) => void (target.vms.time += 3001), cause: 'ENOENT', consumed: false },
    '4 a1 not in T': { from: 0x400000n, to: 0x400000n, cause: 'EFAULT', consumed: true },
    '5 a2 not in I': { to: 0x400000n, cause: 'EFAULT', consumed: true },
    '7 a2 is a remote mapping already': {
      prepare: ({ target, tool }) => {
        tool.put(K, target.token(50)).call(MEM_MAP, [K, 0x7000, 0x9000]);
        tool.put(K, new Uint8Array(32).fill(1));
      },
      cause: 'EALREADY',
      consumed: true,
    },
    '8 the page of T is another VM’s': {
      prepare: ({ target }) => {
        const source = new X86({}, 'S', target.vms).hook();
        target.put(K, source.token(60)).call(MEM_MAP, [K, 0x6000, 0x5000]);
      },
      cause: 'EINVAL',
      consumed: true,
    },
    '9 T mapped by another VM': { prepare: lendToAnother, cause: 'EINVAL', consumed: true },
  };

  it.each(Object.entries(rows))('%s', (_row, { prepare, from = 0x5000n, to = 0x9000n, cause, consumed }) => {
    for (const semantics of ['documented', 'kernel'] as const) {
      const both = pair({ semantics });
      const { target, tool } = both;
      tool.put(K, target.token(1));
      prepare?.(both);
      const decision = tool.call(MEM_MAP, [K, from, to]);
      const result = semantics === 'documented' ? -14 : CODES[cause];
      expect(decision.reply).toMatchObject({ result, cause });
      const tokens = target.vm.introspection?.tokens ?? [];
      expect(tokens.some(({ commitment }) => commitment.length > 0)).toBe(!consumed);
      expect('counterparts' in decision).toBe(consumed);
    }
  });

  it('step 9 is rolled back, but the original content of a2 is lost', () => {
    const both = pair();
    lendToAnother(both);
    both.tool.put(0x9000n, Uint8Array.of(5));
    expect(map(both, 0x5000n, 0x9000n).reply).toMatchObject(failed('EINVAL'));
    expect(both.tool.bytes(0x9000n, 1)).toEqual([0]);
    expect(both.tool.vm.memory.remote.size).toBe(0);
  });

  it.each(['5', '7'])('what fails in step %s keeps the content of a2', (step) => {
    const both = pair();
    both.tool.put(0x9000n, Uint8Array.of(5));
    if (step === '7') map(both, 0x5000n, 0x9000n);
    else map(both, 0x400000n, 0x9000n);
    expect(both.tool.bytes(0x9000n, 1)).toEqual([step === '7' ? 0 : 5]);
  });

  it('a token that expires: good for 3 s', () => {
    const both = pair();
    both.tool.put(K, both.target.token(1));
    both.target.vms.time += 3000;
    expect(both.tool.call(MEM_MAP, [K, 0x5000, 0x9000]).reply).toEqual(OK);
  });

  it('a host of I without introspection: ENOSYS, before the token', () => {
    const target = new X86({}, 'T').hook();
    const tool = new X86({ host: { introspection: false } }, 'I', target.vms);
    tool.put(K, target.token(1));
    for (const nr of [MEM_MAP, MEM_UNMAP]) expect(tool.call(nr, [K, 0, 0]).reply).toMatchObject({ result: -1000 });
    expect(target.vm.introspection?.tokens).toHaveLength(1);
  });

  it('the token is read as a supervisor, page by page', () => {
    const both = pair();
    const { target, tool } = both;
    tool.map(0x100, 0x5003n).map(0x101, 0x7003n);
    const token = target.token(3);
    tool.put(0x5ff0n, token.subarray(0, 16)).put(0x7000n, token.subarray(16));
    expect(tool.call(MEM_MAP, [K + 0xff0n, 0x5000, 0x9000]).reply).toEqual(OK);
  });

  it('low 12 bits of the addresses are ignored', () => {
    const both = pair();
    both.tool.put(K, both.target.token(1));
    expect(both.tool.call(MEM_MAP, [K, 0x5abc, 0x9def]).reply).toEqual(OK);
    both.target.put(0x5000n, Uint8Array.of(5));
    expect(both.tool.bytes(0x9000n, 1)).toEqual([5]);
    expect(both.tool.call(MEM_UNMAP, [0x9123]).reply).toEqual(OK);
  });

  it('in 32-bit mode its arguments have 32 bits', () => {
    const both = pair();
    both.tool.put(K, both.target.token(1));
    const high = 1n << 32n;
    expect(both.tool.call(MEM_MAP, [high | K, high | 0x5000n, high | 0x9000n], { mode: 32 }).reply).toMatchObject({
      rax: 0n,
    });
    expect(both.tool.vm.memory.remote.size).toBe(1);
  });
});

describe('MEM_UNMAP', () => {
  it.each<
    [
      condition: string,
      prepare: (both: ReturnType<typeof pair>) => void,
      address: bigint,
      documented: object,
      kernel: object,
    ]
  >([
    ['never mapped', () => undefined, 0x9000n, failed('ENOENT'), { result: -22, code: 'KVM_EINVAL', cause: 'EINVAL' }],
    [
      'never mapped, others were',
      (both) => map(both, 0x5000n, 0xa000n),
      0x9000n,
      failed('ENOENT'),
      { result: -2, cause: 'ENOENT' },
    ],
    [
      'already unmapped',
      (both) => {
        map(both, 0x5000n, 0x9000n);
        both.tool.call(MEM_UNMAP, [0x9000]);
      },
      0x9000n,
      failed('ENOENT'),
      { result: -2, cause: 'ENOENT' },
    ],
    ['outside I', () => undefined, 0x400000n, failed('EFAULT'), { result: -14, cause: 'EFAULT' }],
    ['mapped', (both) => map(both, 0x5000n, 0x9000n), 0x9000n, OK, OK],
  ])('%s', (_condition, prepare, address, documented, kernel) => {
    for (const [semantics, reply] of [
      ['documented', documented],
      ['kernel', kernel],
    ] as const) {
      const both = pair({ semantics });
      prepare(both);
      expect(both.tool.call(MEM_UNMAP, [address]).reply).toMatchObject(reply);
    }
  });

  it('above CPL 0: EPERM', () => {
    expect(pair().tool.call(MEM_UNMAP, [0x9000], { cpl: 3 }).reply).toMatchObject({ result: -1 });
  });
});

describe('scenarios (vmi-hypercalls section 5)', () => {
  it('same token twice: the second fails', () => {
    const { target, tool } = pair();
    tool.put(K, target.token(1)).call(MEM_MAP, [K, 0x5000, 0x9000]);
    expect(tool.call(MEM_MAP, [K, 0x5000, 0xa000]).reply).toMatchObject(failed('ENOENT'));
  });

  it('map fails (bad a1), then retry with the same token: fails', () => {
    const { target, tool } = pair();
    tool.put(K, target.token(1)).call(MEM_MAP, [K, 0x400000, 0x9000]);
    expect(tool.call(MEM_MAP, [K, 0x5000, 0x9000]).reply).toMatchObject(failed('ENOENT'));
  });

  it('two tokens, same T page into two I pages: three-way alias', () => {
    const both = pair();
    map(both, 0x5000n, 0x9000n);
    map(both, 0x5000n, 0xa000n);
    both.tool.guest('store', { gva: 0x9000, data: 'BQ==' });
    expect([both.tool.bytes(0xa000n, 1), both.target.bytes(0x5000n, 1)]).toEqual([[5], [5]]);
  });

  it('map over an already mapped a2: EALREADY, existing mapping kept, token consumed', () => {
    const both = pair();
    map(both, 0x5000n, 0x9000n);
    expect(map(both, 0x6000n, 0x9000n).reply).toMatchObject(failed('EALREADY'));
    both.target.put(0x5000n, Uint8Array.of(5));
    expect(both.tool.bytes(0x9000n, 1)).toEqual([5]);
    expect(both.target.vm.introspection).not.toHaveProperty('tokens');
  });

  it('token of T used from another introspector J: succeeds if T has no mappings by another, else EINVAL', () => {
    const both = pair();
    const other = new X86({}, 'J', both.target.vms);
    map(both, 0x5000n, 0x9000n);
    other.put(K, both.target.token(9));
    expect(other.call(MEM_MAP, [K, 0x6000, 0x9000]).reply).toMatchObject(failed('EINVAL'));
    both.tool.call(MEM_UNMAP, [0x9000]);
    other.put(K, both.target.token(9));
    expect(other.call(MEM_MAP, [K, 0x6000, 0x9000]).reply).toEqual(OK);
  });

  it('T maps its own page: EINVAL, token consumed, nobody else told', () => {
    const { target } = pair();
    target.put(K, target.token(1));
    const decision = target.call(MEM_MAP, [K, 0x5000, 0x9000]);
    expect(decision.reply).toMatchObject(failed('EINVAL'));
    expect(decision).not.toHaveProperty('counterparts');
    expect(target.vm.introspection).not.toHaveProperty('tokens');
  });

  it('T destroyed while mapped: the pages of I read as zero, a later MEM_UNMAP is ENOENT', () => {
    const both = pair();
    both.target.put(0x5000n, Uint8Array.of(5));
    map(both, 0x5000n, 0x9000n);
    map(both, 0x6000n, 0xa000n);
    const { counterparts } = both.target.run({ type: 'destroy_vm' });
    expect(counterparts).toEqual([{ vm: 'I', command: { type: 'lose_pages', lender: 'T' } }]);
    expect(both.tool.bytes(0x9000n, 1)).toEqual([0]);
    expect(both.tool.call(MEM_UNMAP, [0x9000]).reply).toMatchObject(failed('ENOENT'));
  });

  it('I destroyed while mapping: mappings dropped, T unaffected', () => {
    const both = pair();
    map(both, 0x5000n, 0x9000n);
    both.tool.put(0x9000n, Uint8Array.of(5));
    const { counterparts } = both.tool.run({ type: 'destroy_vm' });
    expect(counterparts).toEqual([{ vm: 'T', command: { type: 'take_back_pages', borrower: 'I' } }]);
    expect(both.target.bytes(0x5000n, 1)).toEqual([5]);
    expect(both.target.vm).not.toHaveProperty('lent');
  });

  it('a VM that lends and borrows tells both sides of its end', () => {
    const both = pair();
    map(both, 0x5000n, 0x9000n);
    const source = new X86({}, 'S', both.target.vms).hook();
    both.target.put(K, source.token(60)).call(MEM_MAP, [K, 0x6000, 0x7000]);
    const { counterparts = [] } = both.target.run({ type: 'destroy_vm' });
    expect(counterparts.map(({ vm, command: { type } }) => [vm, type])).toEqual([
      ['I', 'lose_pages'],
      ['S', 'take_back_pages'],
    ]);
  });

  it('T unhooked while mapped: mappings stay, outstanding tokens die', () => {
    const both = pair();
    map(both, 0x5000n, 0x9000n);
    both.tool.put(K, both.target.token(9));
    both.target.run({ type: 'introspection_unhook' });
    both.target.put(0x5000n, Uint8Array.of(5));
    expect(both.tool.bytes(0x9000n, 1)).toEqual([5]);
    expect(both.tool.call(MEM_MAP, [K, 0x6000, 0xa000]).reply).toMatchObject(failed('ENOENT'));
  });

  it('the guest closes its file: it unmaps each page that it mapped', () => {
    const both = pair();
    for (const page of [0x9000n, 0xa000n]) map(both, page - 0x4000n, page);
    for (const page of [0x9000n, 0xa000n]) expect(both.tool.call(MEM_UNMAP, [page]).reply).toEqual(OK);
    expect(both.target.vm).not.toHaveProperty('lent');
  });

  it('memory of T read by READ_PHYSICAL while mapped: same bytes', () => {
    const both = pair();
    map(both, 0x5000n, 0x9000n);
    both.tool.put(0x9000n, Uint8Array.of(5));
    expect(both.target.tool('read_physical', { gpa: 0x5000, size: 1 }).reply).toEqual({ data: Uint8Array.of(5) });
  });

  it('writable for I whatever access T’s page has', () => {
    const both = pair();
    both.target.tool('control_events', { vcpu: 0, event: 'pf', enable: 1 });
    both.target.tool('set_page_access', { entries: [{ gpa: 0x5000, access: [] }] });
    map(both, 0x5000n, 0x9000n);
    expect(both.tool.guest('store', { gva: 0x9000, data: 'BQ==' }).reply).toEqual({});
    expect(both.target.guest('load', { gva: 0x5000, size: 1 }).reply).toHaveProperty('waiting');
  });

  it('page tables can lie in a shared page', () => {
    const both = pair();
    both.target.put(0x5000n, Uint8Array.of(0x07, 0x70));
    both.tool.put(0x7000n, Uint8Array.of(42));
    map(both, 0x5000n, 0x9000n);
    both.tool.write(TABLES.pd + 8n * 2n, 0x9007n);
    expect(both.tool.guest('load', { gva: 0x400000, size: 1 }).reply).toEqual({ data: Uint8Array.of(42) });
    expect(both.target.bytes(0x5000n, 2)).toEqual([0x27, 0x70]);
  });
});

describe('the lender’s half', () => {
  it.each<[row: string, input: Fields]>([
    [
      'lend_page without its token',
      { type: 'lend_page', token: 'ab'.repeat(32), time: 0, borrower: 'I', page: 1, borrowerPage: 2 },
    ],
    ['return_page of a page that is not lent', { type: 'return_page', page: 1, borrower: 'I', borrowerPage: 2 }],
  ])('%s is ENOENT', (_row, input) => {
    expect(pair().target.answer(input)).toBe('ENOENT');
  });
});
