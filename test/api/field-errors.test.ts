import { z } from 'zod';
import { fieldErrors } from '../../src/api/field-errors.js';
import { bytes, u32, u64 } from '../../src/domain/shapes/scalars.js';
import { s390xRegisters } from '../../src/domain/shapes/s390x-registers.js';

const shape = z.strictObject({
  size: u32,
  gaddr: u64.optional(),
  data: bytes.optional(),
  registers: s390xRegisters.optional(),
  labels: z.record(z.string().regex(/^a/, 'must begin with a'), z.string()).optional(),
});

const errorsOf = (value: unknown) => {
  const { error } = shape.safeParse(value);
  return error ? fieldErrors(error, 'body') : [];
};

describe('what is wrong with a request', () => {
  it.each<[string, unknown, string, string]>([
    ['a missing field', {}, 'size', 'is required'],
    ['no object at all', [], 'body', 'expected object'],
    ['an unknown field', { size: 1, more: 2 }, 'more', 'is not known here'],
    ['a number with too many bits', { size: '0x100000000' }, 'size', 'must fit in 32 bits'],
    ['text that is no number', { size: 'x' }, 'size', 'must be a hex'],
    ['a fraction', { size: 1.5 }, 'size', 'expected int'],
    ['65 bits', { size: 1, gaddr: '0x10000000000000000' }, 'gaddr', 'must fit in 64 bits'],
    ['broken base64', { size: 1, data: 'AAA' }, 'data', 'must be base64'],
    ['an element of an array', { size: 1, registers: { gprs: { 3: -1 } } }, 'registers.gprs.3', 'expected number'],
    ['a name of a record', { size: 1, labels: { b: 'x' } }, 'labels.b', 'the name must begin with a'],
  ])('%s', (_what, value, field, message) => {
    const [first] = errorsOf(value);
    expect(first?.field).toBe(field);
    expect(first?.message).toContain(message);
  });

  it('lists every field, but not without end', () => {
    expect(errorsOf({ a: 1, b: 2 }).map(({ field }) => field)).toEqual(['size', 'a', 'b']);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, i]));
    expect(errorsOf(many)).toHaveLength(50);
  });
});
