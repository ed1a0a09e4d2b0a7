import type { Errno } from '../../errno.js';
import type { EventType } from '../facts/event.js';

/** An action that only says something. */
const says = <Params>(_: unknown, params: Params): Params => params;

/** What a chart's arrows say of a command: `record` a fact, `refuse` with an errno, or `accept` with nothing to record. */
export const sayings = {
  record: says<{ readonly fact: EventType }>,
  refuse: says<{ readonly errno: Errno }>,
  accept: says<undefined>,
};

/**
 * Makes the arrows of a chart whose guards have the given names.
 *
 * @param all every condition of `when`, in a VM that lives; for one that does not, see `DESTROYED`
 */
export function arrows<Name extends string, Guard>(all: (when: readonly Name[]) => Guard) {
  /** An arrow that stays where it is and refuses. */
  const refuse = (errno: Errno, ...when: readonly Name[]) => ({
    guard: all(when),
    actions: { type: 'refuse' as const, params: { errno } },
  });

  /** An arrow that stays where it is and lets the command through. */
  const accept = (...when: readonly Name[]) => ({ guard: all(when), actions: 'accept' as const });

  /** An arrow that stays where it is and records a fact. */
  const record = (fact: EventType, ...when: readonly Name[]) => ({
    guard: all(when),
    actions: { type: 'record' as const, params: { fact } },
  });

  /** The same, and goes to another state of its region. */
  const recordTo = (target: string, fact: EventType, ...when: readonly Name[]) => ({
    ...record(fact, ...when),
    target,
  });

  /** An arrow that follows a fact which another region records. */
  const follow = (target: string, ...when: readonly Name[]) => ({ guard: all(when), target });

  return { refuse, accept, record, recordTo, follow } as const;
}

/** The state of a VM that was destroyed: there is no file descriptor to give a command to, so everything is ENOENT. */
export const DESTROYED = {
  on: { '*': { actions: { type: 'refuse' as const, params: { errno: 'ENOENT' as const } } } },
};
