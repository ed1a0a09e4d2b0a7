import { frameOf } from '../memory/address.js';
import type { Command } from '../vm/command.js';
import type { Event } from '../vm/event.js';

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
    default:
      return [];
  }
}

const happened = (event: Event): Extent[] =>
  'parts' in event ? event.parts.map(({ absolute, size }) => ({ address: absolute, size })) : [];

/** The smallest range of guest frames that holds everything a command asked for or touched by absolute address. */
export function touchedFrames(command: Command, events: readonly Event[]): FrameRange | undefined {
  const extents = [...named(command), ...events.flatMap(happened)];
  if (extents.length === 0) return undefined;
  let first = LAST_FRAME;
  let last = 0;
  for (const { address, size } of extents) {
    const end = frameOf(address + BigInt(Math.max(size, 1) - 1));
    first = Math.min(first, end > LAST_FRAME ? 0 : frameOf(address));
    last = Math.max(last, Math.min(end, LAST_FRAME));
  }
  return { first, last };
}
