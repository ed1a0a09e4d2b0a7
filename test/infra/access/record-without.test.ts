import { recordWithout, vmsNamedIn } from '../../../src/infra/access/record-without.js';
import type { StoredRecord } from '../../../src/infra/journal/journal.js';

const body = {
  position: 7,
  vm: 'mine',
  version: 3,
  time: '2026-01-31T12:00:00.000Z',
  actor: 'ci',
  requestId: 'r',
  model: '1',
  command: { type: 'destroy_vm', lender: 'theirs', nested: { borrower: 'other', page: 1 } },
  counterparts: [
    { vm: 'theirs', position: 8 },
    { vm: 'other', position: 9 },
  ],
  outcome: { ret: 0 },
  events: [{ type: 'vm_destroyed', lender: 'theirs', page: 5 }],
  digests: {},
};

const recordOf = (content: object): StoredRecord => ({
  ...{ position: 7, vm: 'mine', version: 3 },
  bytes: Buffer.from(JSON.stringify(content)),
  leafHash: Uint8Array.of(0xab),
});

const record = recordOf(body);

const viewOf = ({ bytes, leafHash }: StoredRecord) => ({
  ...(JSON.parse(Buffer.from(bytes).toString()) as object),
  leafHash: Buffer.from(leafHash).toString('hex'),
});

describe('a record that names other VMs', () => {
  it('is known by them', () => expect(vmsNamedIn(record)).toEqual(new Set(['theirs', 'other'])));

  it('is the same if they are all there', () => expect(recordWithout(record, new Set())).toBe(record));

  it('says nothing of one that is not', () => {
    const left = viewOf(recordWithout(record, new Set(['theirs'])));
    expect(JSON.stringify(left)).not.toContain('theirs');
    expect(left).toMatchObject({
      command: { type: 'destroy_vm', nested: { borrower: 'other', page: 1 } },
      counterparts: [{ vm: 'other', position: 9 }],
      events: [{ type: 'vm_destroyed', page: 5 }],
      leafHash: 'ab',
    });
  });

  it('says nothing of any if none is there', () => {
    const naming = recordOf({ ...body, counterpart: { vm: 'theirs', position: 8 } });
    const left = viewOf(recordWithout(naming, new Set(['theirs', 'other'])));
    expect(JSON.stringify(left)).not.toMatch(/theirs|other|counterpart/);
  });
});
