import type { RecordBody } from '../../domain/audit/record.js';
import type { Placed } from '../../domain/audit/accesses/places.js';
import { toJson } from '../../domain/json.js';
import { type Part, PAGE_SIZE, frameOf } from '../../domain/memory/address.js';
import { type Bin, ALL, ANYWHERE, binOf } from './bins.js';

/** The last frame that addresses reach. */
const LAST_FRAME = 2 ** 52 - 1;

/** A row of the table `accesses`. */
export interface AccessRow {
  readonly position: number;
  readonly n: number;
  readonly vm: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly actor: string;
  readonly type: string;
  readonly kind: string;
  readonly ret: number;
  readonly body: string;
}

/** A row of the table `writes`, but for the number of its VM. */
export interface WriteRow extends Bin {
  readonly vm: string;
  readonly page: number;
  readonly start: number;
  readonly size: number;
}

/** The rows that an access comes to. */
export interface AccessRows {
  readonly access: AccessRow;
  /** Bins of VMs that it is in. */
  readonly bins: readonly (Bin & { readonly vm: string })[];
  readonly writes: readonly WriteRow[];
}

/** First and last frame of a range; of one that wraps, or has no end, all that there are. */
function framesOf(address: bigint, size: bigint): readonly [number, number] {
  const last = frameOf(address + (size > 0n ? size : 1n) - 1n);
  return last > LAST_FRAME ? [0, LAST_FRAME] : [frameOf(address), last];
}

const binOfPart = ({ absolute, size }: Part): Bin => binOf(...framesOf(absolute, BigInt(size)));

function binsOf(vm: string, { kind, given, resolved, shared }: Placed): AccessRows['bins'] {
  const asked = given?.space === 'absolute' ? [{ vm, ...binOf(...framesOf(given.address, given.size)) }] : [];
  const anywhere = kind === 'erased' ? [{ vm, level: ANYWHERE, bin: 0 }] : [];
  const all = [
    { vm, level: ALL, bin: 0 },
    ...anywhere,
    ...asked,
    ...resolved.map((part) => ({ vm, ...binOfPart(part) })),
    ...shared.flatMap((place) => [
      { vm: place.vm, level: ALL, bin: 0 },
      { vm: place.vm, ...binOfPart(place) },
    ]),
  ];
  return [...new Map(all.map((bin) => [`${bin.level} ${bin.bin} ${bin.vm}`, bin])).values()];
}

/** The rows of an access of a record; `n` counts the record's accesses. */
export function rowsOf(body: RecordBody, n: number, placed: Placed): AccessRows {
  const { position, vm, version, time, actor, requestId, command } = body;
  const { kind, ret, runs, item, vcpu, asOf, errno, given, resolved, shared, data } = placed;
  const said = { position, n, vm, version, time: Date.parse(time), actor, type: command.type, kind, ret };
  const rest = { requestId, item, vcpu, asOf, errno, given, resolved, shared, data };
  const writes = runs.map(({ vm: owner, page, offset, size }) => {
    const bin = binOf(page, page + Math.floor((offset + size - 1) / PAGE_SIZE));
    return { vm: owner, ...bin, page, start: offset, size };
  });
  return {
    access: { ...said, body: JSON.stringify(toJson(rest)) },
    bins: binsOf(vm, placed),
    writes,
  };
}
