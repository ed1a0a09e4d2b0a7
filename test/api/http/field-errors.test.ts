import { z } from 'zod';
import { fieldErrors } from '../../../src/api/http/field-errors.js';
import { abiEnum, bytes, flagSet, u32, u64 } from '../../../src/domain/shapes/scalars.js';
import { s390xRegisters } from '../../../src/domain/shapes/s390x-registers.js';
import { words } from '../../../src/domain/shapes/words.js';

const shape = z.strictObject({
  size: u32,
  gaddr: u64.optional(),
  data: bytes.optional(),
  registers: s390xRegisters.optional(),
  op: abiEnum({ read: 0, write: 1 }).optional(),
  flags: flagSet({ fast: 1, slow: 2 }, 32).optional(),
  labels: z.record(z.string().regex(/^a/, 'must begin with a'), z.string()).optional(),
});

const errorsOf = (value: unknown) => {
  const { error } = shape.safeParse(value, { error: words });
  return error ? fieldErrors(error, 'body') : [];
};

describe('what is wrong with a request', () => {
  it.each<[string, unknown, string, string]>([
    ['a missing field', {}, 'size', 'is required'],
    ['no object at all', [], 'body', 'must be an object'],
    ['an unknown field', { size: 1, more: 2 }, 'more', 'is not known here'],
    ['a number with too many bits', { size: '0x100000000' }, 'size', 'must fit in 32 bits'],
    [
      'text that is no number',
      { size: 'x' },
      'size',
      'must be an unsigned number: hex ("0x…") or decimal text, or an integer up to 2^53-1',
    ],
    ['a fraction', { size: 1.5 }, 'size', 'must be an unsigned number'],
    ['65 bits', { size: 1, gaddr: '0x10000000000000000' }, 'gaddr', 'must fit in 64 bits'],
    ['broken base64', { size: 1, data: 'AAA' }, 'data', 'must be base64'],
    [
      'an element of an array',
      { size: 1, registers: { gprs: { 3: -1 } } },
      'registers.gprs.3',
      'must be an unsigned number',
    ],
    ['no sixteen registers', { size: 1, registers: { gprs: null } }, 'registers.gprs', 'must be all 16 values, or'],
    ['fifteen registers', { size: 1, registers: { gprs: [1] } }, 'registers.gprs', 'must be all 16 values, or'],
    ['null', { size: null }, 'size', 'must be an unsigned number'],
    ['a negative number', { size: -1 }, 'size', 'must be an unsigned number'],
    ['bytes that are a number', { size: 1, data: 7 }, 'data', 'must be base64'],
    ['an unknown name', { size: 1, op: 'peek' }, 'op', 'must be one of read, write, or a number'],
    ['a name that is a fraction', { size: 1, op: 1.5 }, 'op', 'must be one of read, write, or a number'],
    ['a name of 33 bits', { size: 1, op: 2 ** 32 }, 'op', 'must fit in 32 bits'],
    [
      'flags that are a name',
      { size: 1, flags: 'fast' },
      'flags',
      'must be a number, or a list of fast, slow and numbers',
    ],
    [
      'flags that are nothing',
      { size: 1, flags: null },
      'flags',
      'must be a number, or a list of fast, slow and numbers',
    ],
    ['flags of 33 bits', { size: 1, flags: 2 ** 32 }, 'flags', 'must fit in 32 bits'],
    ['an unknown flag', { size: 1, flags: ['slow', 'odd'] }, 'flags.1', 'must be one of fast, slow, or a number'],
    ['a flag of 33 bits', { size: 1, flags: [2 ** 32] }, 'flags.0', 'must fit in 32 bits'],
    ['too many flags', { size: 1, flags: new Array(65).fill(0) }, 'flags', 'must have at most 64 items'],
    ['a name of a record', { size: 1, labels: { b: 'x' } }, 'labels.b', 'the name must begin with a'],
  ])('%s', (_what, value, field, message) => {
    const [first, ...more] = errorsOf(value);
    expect([first?.field, first?.message]).toEqual([field, expect.stringContaining(message)]);
    expect(more).toEqual([]);
  });

  it('lists every field, but not without end', () => {
    expect(errorsOf({ a: 1, b: 2 }).map(({ field }) => field)).toEqual(['size', 'a', 'b']);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, i]));
    expect(errorsOf(many)).toHaveLength(50);
  });

  it.each<[string, unknown, string]>([
    ['a list for text', { text: ['a', 'b', 'c'] }, 'must be text'],
    ['text for a list', { list: 'abc' }, 'must be a list'],
    ['text for one of several lists', { either: 'abc' }, 'must be a list'],
  ])('says nothing of the size of %s', (_what, value, message) => {
    const list = z.array(z.int()).max(2);
    const sized = z.object({ text: z.string().max(2), list, either: z.union([list, z.array(z.string()).max(1)]) });
    const { error } = sized.partial().safeParse(value, { error: words });
    expect(error && fieldErrors(error, 'body')).toEqual([{ field: Object.keys(value as object)[0], message }]);
  });

  it('says that a field is missing, whatever words its union has of its own', () => {
    const error = 'must be fast or slow, or a number';
    const speed = z.object({ speed: z.union([z.enum(['fast', 'slow']), u32], { error }) });
    const messagesOf = (value: unknown) => {
      const { error: fault } = speed.safeParse(value, { error: words });
      return fault && fieldErrors(fault, 'body');
    };
    expect(messagesOf({})).toEqual([{ field: 'speed', message: 'is required' }]);
    expect(messagesOf({ speed: null })).toEqual([{ field: 'speed', message: error }]);
  });
});
