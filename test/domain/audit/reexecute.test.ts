import { type RecordedCommand, type Reruns, reexecute } from '../../../src/domain/audit/reexecute.js';
import { command } from '../../../src/domain/vm/command.js';
import { Ledger } from '../support/ledger.js';
import { digester } from '../support/test-digester.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function story(): RecordedCommand[] {
  const ledger = new Ledger();
  for (const input of [
    { type: 'create_vm', arch: 's390x' },
    { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x100000' },
    { type: 's390_mem_op', op: 'absolute_write', gaddr: '0x1000', size: 5, data: base64('hello') },
    { type: 's390_mem_op', op: 'absolute_read', gaddr: '0x1000', size: 5 },
    { type: 's390_mem_op', op: 'absolute_read', gaddr: '0x100000', size: 5 },
    { type: 's390_mem_op', op: 'logical_read', gaddr: '0x1000', size: 5 },
  ]) {
    ledger.submit(command.parse(input));
  }
  return ledger.records;
}

/** What a replay of records finds, as `version what`. */
function replay(records: readonly RecordedCommand[]): string[] {
  let reruns: Reruns = new Map();
  return records.flatMap((record) => {
    const step = reexecute(reruns, record, undefined, digester);
    reruns = step.reruns;
    return step.divergences.map(({ version, what }) => `${version} ${what}`);
  });
}

/** The story with one record changed by hand. */
const altered = (version: number, change: (record: RecordedCommand) => RecordedCommand): RecordedCommand[] =>
  story().map((record) => (record.body.version === version ? change(record) : record));

const withBody =
  (changes: object) =>
  (record: RecordedCommand): RecordedCommand => ({ ...record, body: { ...record.body, ...changes } });

const withData =
  (role: string, text: string) =>
  (record: RecordedCommand): RecordedCommand => {
    const piece = record.bulk.get(role);
    if (piece === undefined) throw new Error(`there is no ${role}`);
    return { ...record, bulk: new Map(record.bulk).set(role, { ...piece, bytes: new Uint8Array(Buffer.from(text)) }) };
  };

describe('a replay', () => {
  it('finds nothing in what was not touched', () => {
    expect(replay(story())).toEqual([]);
  });

  it('finds a changed outcome', () => {
    expect(replay(altered(5, withBody({ outcome: { ret: 0 } })))).toEqual(['5 outcome']);
  });

  it('finds another return value of a refusal', () => {
    expect(replay(altered(6, withBody({ outcome: { ret: -16, errno: 'EBUSY' } })))).toEqual(['6 outcome']);
  });

  it('finds facts that did not happen, in the fold and in the re-execution', () => {
    const events = [{ type: 'cmma_enabled' as const }];
    expect(replay(altered(5, withBody({ events })))).toEqual(['5 fold', '5 events', '6 fold', '6 state']);
  });

  it('finds a wrong state digest', () => {
    expect(replay(altered(3, withBody({ digests: { state: '00'.repeat(32) } })))).toEqual(['3 fold', '3 state']);
  });

  it('finds changed bytes of what was written: they do not match the commitment, and lead to another state', () => {
    expect(replay(altered(3, withData('command.data', 'jello')))).toEqual([
      '3 data command.data',
      '3 fold',
      '3 commitments',
      '3 state',
      '4 fold',
      '4 commitments',
      '4 state',
      '5 fold',
      '5 state',
      '6 fold',
      '6 state',
    ]);
  });

  it('finds changed bytes of what was read', () => {
    expect(replay(altered(4, withData('outcome.data', 'jello')))).toEqual(['4 data outcome.data']);
  });

  it('finds a record that is missing', () => {
    const found = replay(story().filter(({ body }) => body.version !== 3));
    expect(found[0]).toBe('4 version');
    expect(found).toContain('4 commitments');
  });

  it('finds a command that cannot be read, and goes on', () => {
    const found = replay(altered(4, withBody({ command: { type: 'no_such_command' } })));
    expect(found).toEqual(['4 command']);
  });

  it('says in words why a record cannot be read', () => {
    const [record] = altered(1, withBody({ command: { type: 'no_such_command' }, events: [{ type: 'vm_created' }] }));
    const divergences = record && reexecute(new Map(), record, undefined, digester).divergences;
    expect(divergences?.map(({ what, got }) => [what, got])).toEqual([
      ['fold', expect.stringMatching(/^Error: position 1 cannot be read: arch: must be one of s390x, /)],
      ['command', expect.stringMatching(/^Error: position 1 cannot be read: type: must be one of create_vm, /)],
    ]);
  });
});
