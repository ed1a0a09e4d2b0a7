import { covers, erasableRoles, erasureIn } from '../../../src/domain/audit/erasable.js';
import type { RecordBody } from '../../../src/domain/audit/record.js';
import { COMMAND_TYPES } from '../../../src/domain/vm/command.js';

type Form = 'bytes' | 'json';

const record = (type: string, data: readonly (readonly [role: string, form: Form])[], more: object = {}) =>
  ({
    command: { type, ...more },
    data: data.map(([role, form]) => ({ role, form, size: 1, commitment: '' })),
  }) as unknown as RecordBody;

describe('the data that an erasure takes', () => {
  it.each<[type: string, data: readonly (readonly [string, Form])[], gone: readonly string[], more?: object]>([
    ['write_memory', [['command.data', 'bytes'], ['command.extents', 'json']], ['command.data']],
    ['read_memory', [['outcome.data', 'bytes']], ['outcome.data']],
    ['s390_mem_op', [['command.data', 'bytes'], ['command.oldData', 'bytes'], ['outcome.oldData', 'bytes']], ['command.data', 'command.oldData', 'outcome.oldData']],
    ['s390_mem_op_batch', [['command.ops', 'json'], ['events', 'json'], ['events.data', 'bytes'], ['outcome.results', 'json']], ['command.ops', 'events.data', 'outcome.results']],
    ['translate', [['outcome.walk', 'json']], ['outcome.walk']],
    ['read_mappings', [['outcome.mappings', 'json']], ['outcome.mappings']],
    ['keep_memory', [['command.pages', 'json'], ['events.data', 'bytes']], ['events.data']],
    ['s390_guest', [['command.data', 'bytes']], ['command.data'], { instruction: 'store' }],
    ['s390_guest', [['outcome.data', 'bytes']], ['outcome.data'], { instruction: 'load' }],
    ['s390_guest', [['events.data', 'bytes']], [], { instruction: 'pfmf' }],
    ['s390_guest', [['events.data', 'bytes']], [], { instruction: 'sske' }],
    ['s390_set_skeys', [['command.data', 'bytes']], []],
    ['s390_get_cmma_bits', [['outcome.data', 'bytes']], []],
    ['clear_dirty_log', [['command.bitmap', 'bytes'], ['events.data', 'bytes']], []],
    ['set_device_attr', [['command.payload', 'json']], []],
    ['smccc', [['command.random', 'bytes']], []],
    ['s390_pv_command', [['outcome.data', 'bytes']], []],
    ['introspection_unhook', [['outcome.resumed', 'json']], ['outcome.resumed']],
  ])('of %s with %j is %j', (type, data, gone, more = {}) => {
    expect(COMMAND_TYPES).toContain(type);
    expect(erasableRoles(record(type, data, more))).toEqual(gone);
  }); // prettier-ignore

  it('is none of a record without data', () => expect(erasableRoles(record('read_memory', []))).toEqual([]));
});

describe('the record of an erasure', () => {
  const body = {
    position: 9,
    vm: 'a',
    command: { type: 'erase_memory', from: 3, to: 7, remains: 'ff' },
    outcome: { ret: 0 },
  } as unknown as RecordBody;

  it('says which records of its VM it took from', () => {
    const erasure = erasureIn(body);
    expect(erasure).toEqual({ position: 9, vm: 'a', from: 3, to: 7, remains: 'ff' });
    const covered = [2, 3, 5, 7, 8].map((position) => erasure && covers(erasure, { vm: 'a', position }));
    expect(covered).toEqual([false, true, true, true, false]);
    expect(erasure && covers(erasure, { vm: 'b', position: 5 })).toBe(false);
  });

  it('never took from itself or from what came after it', () => {
    const erasure = erasureIn({ ...body, command: { ...body.command, to: 20 } });
    expect([9, 10].map((position) => erasure && covers(erasure, { vm: 'a', position }))).toEqual([false, false]);
  });

  it('is no other command, and none that was refused', () => {
    expect(erasureIn({ ...body, command: { type: 'destroy_vm' } })).toBeUndefined();
    expect(erasureIn({ ...body, outcome: { ret: -2 } })).toBeUndefined();
  });
});
