import { commandOf, eventsOf, rolesOfEvents } from '../../../src/domain/audit/open-record.js';
import { parseBody } from '../../../src/domain/audit/record.js';
import { type Command, command } from '../../../src/domain/vm/command.js';
import { Ledger } from '../support/ledger.js';
import { digester } from '../support/test-digester.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** A VM with 1 MiB of memory, and the record of one more command. */
function recordOf(input: unknown) {
  const ledger = new Ledger();
  ledger.submit(command.parse({ type: 'create_vm', arch: 's390x' }));
  ledger.submit(command.parse({ type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x100000' }));
  const given: Command = command.parse(input);
  const decision = ledger.submit(given);
  const record = ledger.records.at(-1);
  if (record === undefined) throw new Error('nothing was recorded');
  return { record, given, decision, bytes: new Map([...record.bulk].map(([role, { bytes }]) => [role, bytes])) };
}

const write = (size: number, gaddr = '0x1000') => ({
  type: 's390_mem_op',
  op: 'absolute_write',
  gaddr,
  size,
  data: base64(new Uint8Array(size).fill(7)),
});

describe('a record', () => {
  it('is canonical JSON: its bytes are what canonicalising them gives', () => {
    const { record } = recordOf(write(8));
    const text = new TextDecoder().decode(record.bytes);
    expect(digester.canonical(parseBody(record.bytes) as never)).toBe(text);
  });

  it.each([
    ['a write', write(8), ['command.data']],
    ['a write that stops half-way', write(8, '0xffffc'), ['command.data']],
    ['a read', { type: 's390_mem_op', op: 'absolute_read', gaddr: 0, size: 8 }, ['outcome.data']],
    ['a refusal', { type: 's390_mem_op', op: 'absolute_read', gaddr: 0, size: 0 }, []],
    ['a batch', { type: 's390_mem_op_batch', ops: [{ op: 4, size: 8 }] }, ['command.ops', 'outcome.results']],
    [
      'a batch that stores',
      { type: 's390_mem_op_batch', ops: [{ op: 5, size: 8, data: base64(new Uint8Array(8).fill(1)) }] },
      ['command.ops', 'events.data', 'outcome.results'],
    ],
    ['a large name', { type: 'create_vm', arch: 's390x', labels: labels(60) }, ['command.labels']],
  ])('has beside it, for %s, exactly what is bulk', (_, input, roles) => {
    expect([...recordOf(input).record.bulk.keys()]).toEqual(roles);
  });

  it.each([
    ['a write', write(5000)],
    ['a partial write', write(8192, '0xff000')],
    [
      'a compare and exchange',
      {
        type: 's390_mem_op',
        op: 6,
        gaddr: 8,
        size: 8,
        data: base64(new Uint8Array(8)),
        oldData: base64(new Uint8Array(8)),
      },
    ],
    [
      'a batch',
      {
        type: 's390_mem_op_batch',
        ops: Array.from({ length: 300 }, (_, i) => ({
          op: i % 2 ? 4 : 5,
          gaddr: 4096 * i,
          size: 4,
          ...(i % 2 ? {} : { data: 'AAECAw==' }),
        })),
      },
    ],
    [
      'unknown flags and operations',
      { type: 's390_mem_op', op: 99, flags: ['check_only', '0x8000000000000000'], size: 1 },
    ],
    [
      'registers',
      { type: 'set_registers', vcpu: 0, registers: { gprs: Array.from({ length: 16 }, () => '0xffffffffffffffff') } },
    ],
  ])('gives back the command and the facts of %s', (_, input) => {
    const { record, given, decision, bytes } = recordOf(input);
    expect(commandOf(record.body, bytes)).toEqual(given);
    const needed = new Map([...bytes].filter(([role]) => rolesOfEvents(record.body).includes(role)));
    expect(eventsOf(record.body, needed)).toEqual(decision.events);
  });

  it('needs no bulk data for the facts of a read', () => {
    expect(rolesOfEvents(recordOf({ type: 's390_mem_op', op: 4, gaddr: 0, size: 65536 }).record.body)).toEqual([]);
  });
});

function labels(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`label-${i}`, 'x'.repeat(200)]));
}
