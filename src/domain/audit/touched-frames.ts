import { PAGE_SIZE, frameOf } from '../memory/address.js';
import { MARKS_MAX } from '../shapes/s390x-marks.js';
import type { Command } from '../vm/command.js';
import type { Event } from '../vm/facts/event.js';

/** First and last guest frame of something, inclusive. */
export interface FrameRange {
  readonly first: number;
  readonly last: number;
}

interface Extent {
  readonly address: bigint;
  readonly size: number;
}

const LAST_FRAME = 2 ** 52 - 1;

/** Pages from a guest frame number on; no call takes in more than `MARKS_MAX`. */
const pagesFrom = (gfn: bigint, count: bigint | number): Extent[] =>
  gfn > BigInt(LAST_FRAME)
    ? []
    : [{ address: gfn << 12n, size: PAGE_SIZE * (count < MARKS_MAX ? Number(count) : MARKS_MAX) }];

/** The absolute ranges that a command names itself, whatever came of it. */
function named(command: Command): Extent[] {
  switch (command.type) {
    case 'write_memory':
      return command.extents.map(({ gpa, size }) => ({ address: gpa, size }));
    case 'read_memory':
      return [{ address: command.gpa, size: command.size }];
    case 's390_mem_op':
      return command.vcpu === undefined ? [{ address: command.gaddr, size: command.size }] : [];
    case 's390_mem_op_batch':
      return command.vcpu === undefined ? command.ops.map(({ gaddr, size }) => ({ address: gaddr, size })) : [];
    case 's390_get_skeys':
    case 's390_set_skeys':
    case 's390_get_cmma_bits':
    case 's390_set_cmma_bits':
      return pagesFrom(command.startGfn, command.count);
    case 'introspection_command': {
      const { command: name, gpa = 0n, size = command.data?.length ?? 0 } = command;
      return name === 'read_physical' || name === 'write_physical' ? [{ address: gpa, size }] : [];
    }
    case 's390_keyop':
      return [{ address: command.gaddr, size: 1 }];
    case 's390_pv_command':
      return command.command === 'unpack' && command.addr !== undefined && command.size !== undefined
        ? [{ address: command.addr, size: Number(command.size) }]
        : [];
    default:
      return [];
  }
}

function happened(event: Event): Extent[] {
  if ('parts' in event) return event.parts.map(({ absolute, size }) => ({ address: absolute, size }));
  if (event.type === 'image_unpacked' || event.type === 'frames_cleared')
    return [{ address: event.absolute, size: PAGE_SIZE * event.pages }];
  if ('absolute' in event) return [{ address: event.absolute, size: 1 }];
  if ('startGfn' in event) return pagesFrom(event.startGfn, 'data' in event ? event.data.length : event.count);
  return [];
}

/** The ranges of guest frames that a command asked for or touched by absolute address. */
export const touchedRanges = (command: Command, events: readonly Event[]): FrameRange[] =>
  [...named(command), ...events.flatMap(happened)].map(({ address, size }) => {
    const end = frameOf(address + BigInt(Math.max(size, 1) - 1));
    return { first: end > LAST_FRAME ? 0 : frameOf(address), last: Math.min(end, LAST_FRAME) };
  });

/** The smallest range that holds all of these. */
export function touchedFrames(command: Command, events: readonly Event[]): FrameRange | undefined {
  const ranges = touchedRanges(command, events);
  if (ranges.length === 0) return undefined;
  return ranges.reduce((all, { first, last }) => ({
    first: Math.min(all.first, first),
    last: Math.max(all.last, last),
  }));
}
