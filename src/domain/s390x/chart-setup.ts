import { and, setup } from 'xstate';
import type { Errno } from '../errno.js';
import type { EventType } from '../vm/event.js';
import { type ChartEvent, type GuardName, guards } from './chart-guards.js';

/** An action that only says something. */
const says = <Params>(_: unknown, params: Params): Params => params;

/**
 * What the chart is made of: commands as events, named guards, and three actions that do nothing but say what comes of the
 * command: `record` a fact, `refuse` with an errno, or `accept` with nothing to record.
 */
export const law = setup({
  types: { events: {} as ChartEvent },
  guards,
  actions: {
    record: says<{ readonly fact: EventType }>,
    refuse: says<{ readonly errno: Errno }>,
    accept: says<undefined>,
  },
});

/** An arrow's guard: every condition of `when`, in a VM that lives; for one that does not, see the region lifecycle. */
const all = (when: readonly GuardName[]) => and(['live', ...when]);

/** An arrow that stays where it is and refuses. */
export const refuse = (errno: Errno, ...when: readonly GuardName[]) => ({
  guard: all(when),
  actions: { type: 'refuse' as const, params: { errno } },
});

/** An arrow that stays where it is and lets the command through. */
export const accept = (...when: readonly GuardName[]) => ({ guard: all(when), actions: 'accept' as const });

/** An arrow that stays where it is and records a fact. */
export const record = (fact: EventType, ...when: readonly GuardName[]) => ({
  guard: all(when),
  actions: { type: 'record' as const, params: { fact } },
});

/** The same, and goes to another state of its region. */
export const recordTo = (target: string, fact: EventType, ...when: readonly GuardName[]) => ({
  ...record(fact, ...when),
  target,
});

/** An arrow that follows a fact which another region records. */
export const follow = (target: string, ...when: readonly GuardName[]) => ({ guard: all(when), target });
