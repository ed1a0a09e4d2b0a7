import { PAGE_SIZE } from '../../memory/address.js';
import { MARKS_MAX } from '../../shapes/s390x-marks.js';
import type { MemOpRequest } from '../../shapes/s390x-access.js';
import type { Command, CommandOf, CommandType } from '../../vm/command.js';
import type { AccessKind, Given } from './access.js';

/** An access that a command asks for by an address. */
export interface Request {
  readonly kind: AccessKind;
  readonly given: Given;
  readonly item?: number;
  readonly vcpu?: number;
  readonly asOf?: number;
}

type Requests = { readonly [Type in CommandType]?: (command: CommandOf<Type>) => readonly Request[] };

const at = (space: Given['space'], address: bigint, size: bigint | number): Given => ({
  space,
  address,
  size: BigInt(size),
});

const absolute = (kind: AccessKind, address: bigint, size: bigint | number): Request => ({
  kind,
  given: at('absolute', address, size),
});

/** Pages from a guest frame number on; no call takes in more than `MARKS_MAX`, and no address is above 2^64. */
const pages = (kind: AccessKind, gfn: bigint, count: bigint | number): Request[] => {
  const most = BigInt(count) < MARKS_MAX ? BigInt(count) : BigInt(MARKS_MAX);
  return gfn >= 1n << 52n ? [] : [absolute(kind, gfn << 12n, most * BigInt(PAGE_SIZE))];
};

/** What is known of each memory operation: whether it reads or writes, and what its address is. */
const MEM_OP_KINDS: Readonly<Record<string, readonly [AccessKind, Given['space']]>> = {
  logical_read: ['read', 'logical'],
  logical_write: ['write', 'logical'],
  absolute_read: ['read', 'absolute'],
  absolute_write: ['write', 'absolute'],
  absolute_cmpxchg: ['cmpxchg', 'absolute'],
};

/** The secure interface data area is no guest memory, and an operation without a name asks for nothing. */
function memOp({ op, gaddr, size, flags }: MemOpRequest, vcpu: number | undefined): Request | undefined {
  const known = MEM_OP_KINDS[op];
  if (known === undefined) return undefined;
  const [kind, space] = known;
  const checks = kind !== 'cmpxchg' && (flags as readonly unknown[]).includes('check_only');
  return { kind: checks ? 'check' : kind, given: at(space, gaddr, size), ...(vcpu !== undefined && { vcpu }) };
}

/** Which access an instruction of an s390x guest is; PFMF, which can be two, has its own. */
const S390_GUEST: Readonly<Record<string, readonly [AccessKind, Given['space'], size?: number]>> = {
  load: ['read', 'logical'],
  store: ['write', 'logical'],
  tprot: ['check', 'logical', 1],
  iske: ['key_read', 'real', PAGE_SIZE],
  rrbe: ['key_write', 'real', PAGE_SIZE],
  sske: ['key_write', 'real', PAGE_SIZE],
  essa: ['cmma_write', 'real', PAGE_SIZE],
};

/** Bits of R1 of PFMF: set the key, clear the frame (PoP, PFMF). */
const PFMF = [
  [0x10000n, 'clear'],
  [0x20000n, 'key_write'],
] as const;

function s390Guest({ vcpu, instruction, gaddr = 0n, size, data, r1 = 0n }: CommandOf<'s390_guest'>): Request[] {
  if (instruction === 'pfmf')
    return PFMF.flatMap(([bit, kind]) =>
      (r1 & bit) === 0n ? [] : [{ kind, vcpu, given: at('real', gaddr, PAGE_SIZE) }],
    );
  const known = S390_GUEST[instruction];
  if (known === undefined) return [];
  const [kind, space, fixed] = known;
  return [{ kind, vcpu, given: at(space, gaddr, fixed ?? size ?? data?.length ?? 1) }];
}

const X86_GUEST: Readonly<Record<string, AccessKind>> = { load: 'read', store: 'write', fetch: 'fetch' };

const TOOL: Readonly<Record<string, AccessKind>> = { read_physical: 'read', write_physical: 'write' };

const KEY_OPS: Readonly<Record<string, AccessKind>> = { iske: 'key_read', rrbe: 'key_write', sske: 'key_write' };

const whenKnown = (kind: AccessKind | undefined, make: (kind: AccessKind) => readonly Request[]): readonly Request[] =>
  kind === undefined ? [] : make(kind);

interface Looked {
  readonly vcpu: number;
  readonly explain: boolean;
  readonly asOf?: number | undefined;
}

/** A translation is an access only where it answers the entries that it read. */
const walked = ({ vcpu, explain, asOf }: Looked, given: readonly Given[], batch: boolean): Request[] =>
  explain
    ? given.map((each, item) => ({
        kind: 'walk',
        given: each,
        vcpu,
        ...(batch && { item }),
        ...(asOf !== undefined && { asOf }),
      }))
    : [];

/** What each type of command asks for; one that is not here names no memory. */
const REQUESTS: Requests = {
  write_memory: ({ extents }) =>
    extents.map(({ gpa, size }, item) => ({
      ...absolute('write', gpa, size),
      ...(extents.length > 1 && { item }),
    })),
  read_memory: ({ gpa, size, asOf }) => [{ ...absolute('read', gpa, size), ...(asOf !== undefined && { asOf }) }],
  s390_mem_op: (command) => [memOp(command, command.vcpu) ?? []].flat(),
  s390_mem_op_batch: ({ ops, vcpu }) =>
    ops.flatMap((op, item) => {
      const request = memOp(op, vcpu);
      return request ? [{ ...request, item }] : [];
    }),
  s390_get_skeys: ({ startGfn, count }) => pages('key_read', startGfn, count),
  s390_set_skeys: ({ startGfn, count }) => pages('key_write', startGfn, count),
  s390_get_cmma_bits: ({ startGfn, count }) => pages('cmma_read', startGfn, count),
  s390_set_cmma_bits: ({ startGfn, count }) => pages('cmma_write', startGfn, count),
  s390_keyop: ({ op, gaddr }) => whenKnown(KEY_OPS[op], (kind) => [absolute(kind, gaddr, 1)]),
  s390_guest: s390Guest,
  s390_pv_command: ({ command, addr, size }) =>
    command === 'unpack' && addr !== undefined && size !== undefined ? [absolute('unpack', addr, size)] : [],
  x86_guest: ({ vcpu, instruction, gva = 0n, size, data }) =>
    whenKnown(X86_GUEST[instruction], (kind) => [{ kind, vcpu, given: at('linear', gva, size ?? data?.length ?? 1) }]),
  introspection_command: ({ command, gpa = 0n, size, data }) =>
    whenKnown(TOOL[command], (kind) => [absolute(kind, gpa, size ?? data?.length ?? 0)]),
  translate: (command) => walked(command, [at('logical', command.gaddr, 1)], false),
  translate_batch: (command) =>
    walked(
      command,
      command.ops.map(({ gaddr }) => at('logical', gaddr, 1)),
      true,
    ),
  translate2: (command) => walked(command, [at('linear', command.linearAddress, 1)], false),
  translate2_batch: (command) =>
    walked(
      command,
      command.ops.map(({ linearAddress }) => at('linear', linearAddress, 1)),
      true,
    ),
};

/** Whether commands of a type can name memory. */
export const canNameMemory = (type: string): boolean => Object.hasOwn(REQUESTS, type);

/** The accesses that a command asks for by an address, in order, whatever came of them. */
export function requestsOf(command: Command): readonly Request[] {
  const requests = REQUESTS[command.type] as ((command: Command) => readonly Request[]) | undefined;
  return requests?.(command) ?? [];
}
