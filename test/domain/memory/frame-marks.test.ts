import fc from 'fast-check';
import { FrameMarks, MARK } from '../../../src/domain/memory/frame-marks.js';

const ALL = 0xffff;
const frame = fc.oneof(fc.nat(600), fc.constantFrom(255, 256, 257, 2 ** 40, 2 ** 52 - 2));
const mask = fc.constantFrom<number>(...Object.values(MARK), ALL);
const bits = fc.nat(ALL);

type Change = readonly ['set', number, number, number] | readonly ['clear', number, number, number];
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.constant('set' as const), frame, mask, bits),
  fc.tuple(fc.constant('clear' as const), mask, frame, frame),
);

describe('the marks of frames', () => {
  it('are what was set and not cleared', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), mask, frame, frame, (changes, asked, first, end) => {
        const marks = new FrameMarks();
        const model = new Map<number, number>();
        for (const one of changes) {
          if (one[0] === 'set') {
            const [, at, over, value] = one;
            marks.set(at, over, value);
            model.set(at, ((model.get(at) ?? 0) & ~over) | (value & over));
          } else {
            const [, over, from, to] = one;
            marks.clear(over, from, to);
            for (const [at, value] of model) if (at >= from && at < to) model.set(at, value & ~over);
          }
        }
        for (const [at, value] of model) expect(marks.get(at)).toBe(value);
        const having = [...model].filter(([at, value]) => at >= first && at < end && (value & asked) !== 0);
        expect([...marks.having(asked, first, end)]).toEqual(having.map(([at]) => at).sort((a, b) => a - b));
      }),
    );
  });

  it('are apart in a fork', () => {
    const marks = new FrameMarks();
    marks.set(3, MARK.key, 0xf6);
    const fork = marks.fork();
    fork.set(3, MARK.dirty, MARK.dirty);
    marks.set(3, MARK.key, 0x12);
    expect([marks.get(3), fork.get(3)]).toEqual([0x12, MARK.dirty | 0xf6]);
  });

  it('do not lie over one another', () => {
    const masks = Object.values(MARK);
    expect(masks.reduce((sum, one) => sum + one, 0)).toBe(masks.reduce((all, one) => all | one, 0));
  });

  it('leave an untouched chunk alone when nothing changes', () => {
    const marks = new FrameMarks();
    marks.set(9, ALL, 0);
    marks.clear(ALL, 0, 2 ** 52);
    expect([...marks.store.entries()]).toEqual([]);
  });
});

describe('marks of many frames', () => {
  const frames = fc.uniqueArray(fc.integer({ min: 0, max: 1500 }), { maxLength: 40 });
  const range = fc.tuple(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 1500 }));

  it('are counted, listed, passed over and changed as one by one, and a fork keeps its own', () => {
    fc.assert(
      fc.property(frames, range, (marked, [a, b]) => {
        const [first, end] = [Math.min(a, b), Math.max(a, b) + 1];
        const made = new FrameMarks();
        for (const frame of marked) made.set(frame, MARK.dirty | MARK.key, MARK.dirty | 0x10);
        const fork = made.fork();
        const inside = marked.filter((frame) => frame >= first && frame < end).sort((x, y) => x - y);
        expect(made.count(MARK.dirty, first, end)).toBe(inside.length);
        expect([...made.having(MARK.dirty, first, end)]).toEqual(inside);
        const outside = Array.from({ length: end - first }, (_, i) => first + i).filter((one) => !inside.includes(one));
        expect([...made.lacking(MARK.dirty, first, end)]).toEqual(outside);
        made.update(MARK.dirty, first, end, (marks) => marks + 1);
        made.clear(MARK.dirty, first, end);
        for (const frame of marked) {
          expect(made.get(frame)).toBe(inside.includes(frame) ? 0x11 : MARK.dirty | 0x10);
          expect(fork.get(frame)).toBe(MARK.dirty | 0x10);
        }
      }),
    );
  });
});
