import { z } from 'zod';
import { firstFault, words } from '../../../src/domain/shapes/words.js';

const saidOf = (shape: z.ZodType, value: unknown): unknown =>
  shape.safeParse(value, { error: words }).error?.issues.map(({ message }) => message);

const tagged = z.discriminatedUnion('t', [
  z.strictObject({ t: z.literal('a') }),
  z.strictObject({ t: z.literal('b'), n: z.int() }),
]);

describe('the first fault of a value', () => {
  it.each<[value: unknown, fault: string]>([
    [{ a: [1, 'x'] }, 'a.1: must be a number'],
    [7, 'it: must be an object'],
  ])('%#: is named with its field', (value, fault) => {
    const { error } = z.strictObject({ a: z.array(z.number()) }).safeParse(value, { error: words });
    expect(error && firstFault(error)).toBe(fault);
  });
});

describe('what is wrong with a value', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.int(), undefined, 'is required'],
    [z.enum(['a', 'b']), undefined, 'is required'],
    [z.literal(1), undefined, 'is required'],
    [z.string(), 1, 'must be text'],
    [z.number(), 'x', 'must be a number'],
    [z.int(), 1.5, 'must be an integer'],
    [z.boolean(), 1, 'must be true or false'],
    [z.null(), 1, 'must be null'],
    [z.array(z.int()), {}, 'must be a list'],
    [z.record(z.string(), z.int()), 1, 'must be an object'],
    [z.strictObject({}), [], 'must be an object'],
    [z.date(), 1, 'must be of type date'],
    [z.literal(64), 1, 'must be 64'],
    [z.enum(['a', 'b']), 'c', 'must be one of a, b'],
    [z.int().min(1), 0, 'must be at least 1'],
    [z.int().max(1000), 1001, 'must be at most 1000'],
    [z.number().gt(1), 1, 'must be more than 1'],
    [z.number().lt(1), 1, 'must be less than 1'],
    [z.bigint().max(7n), 8n, 'must be at most 7'],
    [z.int(), 2 ** 53, 'must be at most 9007199254740991'],
    [z.string().min(1), '', 'must have at least 1 character'],
    [z.string().max(63), 'x'.repeat(64), 'must have at most 63 characters'],
    [z.array(z.int()).min(2), [1], 'must have at least 2 items'],
    [z.array(z.int()).length(16), [1], 'must have 16 items'],
    [z.int().multipleOf(4), 6, 'must be a multiple of 4'],
    [z.strictObject({}), { a: 1, b: 2 }, 'has fields that are not known here: a, b'],
    [tagged, { t: 'c' }, 'must be one of a, b'],
    [z.int().min(1, 'counts from 1'), 0, 'counts from 1'],
  ])('%#: is said in plain words', (shape, value, message) => expect(saidOf(shape, value)).toEqual([message]));
});
