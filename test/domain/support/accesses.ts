import { MODEL } from '../../../src/domain/audit/model.js';
import type { Access } from '../../../src/domain/audit/accesses/access.js';
import { accessesOf } from '../../../src/domain/audit/accesses/accesses-of.js';
import { hollowBulk } from '../../../src/domain/audit/accesses/hollow.js';
import type { RecordedCommand } from '../../../src/domain/audit/reexecute.js';
import type { Command } from '../../../src/domain/vm/command.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import { recorded } from './ledger.js';

/** The accesses of a record, as whoever looks at no bytes reads them. */
export const toldBy = ({ body, bulk }: RecordedCommand): readonly Access[] =>
  accessesOf(body, hollowBulk(body, new Map([...bulk].map(([role, { bytes }]) => [role, bytes]))));

/** The record of a command that was decided. */
export const recordOf = (command: Command, decision: Decision, vm = 'vm'): RecordedCommand =>
  recorded(
    {
      vm,
      version: 1,
      time: new Date(1000).toISOString(),
      actor: 'test',
      requestId: 'r',
      model: MODEL,
      command,
      decision,
      state: undefined,
    },
    1,
  );

/** The accesses of the record of a command that was decided. */
export const told = (command: Command, decision: Decision, vm = 'vm'): readonly Access[] =>
  toldBy(recordOf(command, decision, vm));

/** A record of which a piece of its data was erased. */
export const without = (record: RecordedCommand, erased: string): RecordedCommand => ({
  ...record,
  bulk: new Map([...record.bulk].filter(([role]) => role !== erased)),
});

/** An access in short: kind, outcome, address as given, absolute memory. */
export const short = ({ kind, ret, errno, given, resolved, item }: Access) => ({
  kind,
  ...(item !== undefined && { item }),
  came: errno ?? ret,
  ...(given && { given: `${given.space} 0x${given.address.toString(16)}+${given.size}` }),
  at: resolved.map(({ absolute, size }) => `0x${absolute.toString(16)}+${size}`).join(' '),
});
