import { ERRNO, type Errno } from '../errno.js';
import type { Command } from './command.js';
import type { Event } from './facts/event.js';

/** What is answered beside `ret`; bytes become base64 at the edge and stand beside the record. */
export type Reply = Readonly<Record<string, unknown>>;

/**
 * What a command comes to: `ret` as the ioctl returns it (0 done, positive a program interruption, negative a refusal), the
 * errno of a refusal, the reply, and the facts to record.
 */
export interface Decision {
  readonly ret: number;
  readonly errno?: Errno;
  readonly reply: Reply;
  readonly events: readonly Event[];
  /** What it asks of other VMs: recorded in their ledgers in the same moment, or nothing of it is recorded at all. */
  readonly counterparts?: readonly Counterpart[];
  /** Set if the request was not well formed after all: it never reached the machine and is not recorded. */
  readonly malformed?: { readonly field: string; readonly message: string };
}

/** A command that another VM is given because of one. */
export interface Counterpart {
  readonly vm: string;
  readonly command: Command;
}

/** The command was carried out. */
export const done = (events: readonly Event[] = [], reply: Reply = {}, ret = 0): Decision => ({ ret, reply, events });

/** The command was refused. `events` only where KVM leaves an effect behind all the same. */
export const refused = (errno: Errno, events: readonly Event[] = [], reply: Reply = {}): Decision => ({
  ret: -ERRNO[errno],
  errno,
  reply,
  events,
});

/**
 * The request does not hold together in a way that only shows at this place in the order of checks.
 *
 * @param field the request's field, with dots, as in `ops.3.data`
 */
export const malformed = (field: string, message: string): Decision => ({
  ...refused('EINVAL'),
  malformed: { field, message },
});
