import fc from 'fast-check';
import { FrameMarks, MARK } from '../../../src/domain/memory/frame-marks.js';
import { digester } from '../support/test-digester.js';

const TERABYTE = 2 ** 28;

/** Frames about the ends of chunks, branches and ranges. */
const frame = fc.oneof(fc.integer({ min: 0, max: 1100 }), fc.integer({ min: 8100, max: 8300 }));
const range = fc.tuple(frame, frame).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const bits = fc.constantFrom(MARK.dirty, MARK.cmmaDirty, 0x06, MARK.cmmaDirty | MARK.usage);

type Step = (marks: FrameMarks, model: Map<number, number>) => void;

const change = (model: Map<number, number>, at: number, to: (marks: number) => number): void => {
  model.set(at, to(model.get(at) ?? 0));
};

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(frame, bits).map(([at, mask]): Step => (marks, model) => {
    marks.set(at, mask, mask);
    change(model, at, (before) => before | mask);
  }),
  fc.tuple(range, bits, fc.boolean()).map(([[first, end], mask, on]): Step => (marks, model) => {
    marks.assign(mask, first, end, on ? mask : 0);
    for (let at = first; at < end; at++) change(model, at, (before) => (on ? before | mask : before & ~mask));
  }),
  fc.tuple(range, bits).map(([[first, end], mask]): Step => (marks, model) => {
    marks.update(mask, first, end, () => 0x10);
    for (let at = first; at < end; at++) change(model, at, (before) => ((before & mask) === 0 ? before : 0x10));
  }),
);

describe('marks of ranges of frames', () => {
  it('are what they would be frame by frame, and forks keep theirs', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.array(step, { maxLength: 6 }),
        range,
        bits,
        (steps, more, [first, end], mask) => {
          const marks = new FrameMarks();
          const model = new Map<number, number>();
          for (const each of steps) each(marks, model);
          const past = marks.fork();
          const before = new Map(model);
          for (const each of more) each(marks, model);
          for (const [kept, expected] of [
            [marks, model],
            [past, before],
          ] as const) {
            const plain = new FrameMarks();
            for (const [at, value] of expected) plain.set(at, 0xffff, value);
            expect(kept.store.digest(digester)).toEqual(plain.store.digest(digester));
            const frames = Array.from({ length: end - first }, (_, i) => first + i);
            const having = frames.filter((at) => ((expected.get(at) ?? 0) & mask) !== 0);
            expect([...kept.having(mask, first, end)]).toEqual(having);
            expect(kept.count(mask, first, end)).toBe(having.length);
            const lacking = frames.filter((at) => ((expected.get(at) ?? 0) & mask) === 0);
            expect([...kept.lacking(mask, first, end)]).toEqual(lacking);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of a terabyte are one chunk, whatever is done to all of it', () => {
    const marks = new FrameMarks();
    marks.assign(MARK.cmmaDirty, 0, TERABYTE, MARK.cmmaDirty);
    const nodes = (): number => [...marks.store.nodes(digester, () => false)].length;
    expect(nodes()).toBeLessThan(10);
    expect(marks.count(MARK.cmmaDirty, 1, TERABYTE + 5)).toBe(TERABYTE - 1);
    expect([...marks.lacking(MARK.cmmaDirty, 0, TERABYTE + 2)]).toEqual([TERABYTE, TERABYTE + 1]);
    marks.set(TERABYTE / 2, MARK.cmmaDirty, 0);
    expect([...marks.lacking(MARK.cmmaDirty, 0, TERABYTE)]).toEqual([TERABYTE / 2]);
    expect(marks.get(TERABYTE / 2 + 256)).toBe(MARK.cmmaDirty);
    marks.clear(MARK.cmmaDirty, 0, TERABYTE);
    expect(nodes()).toBe(0);
  });
});
