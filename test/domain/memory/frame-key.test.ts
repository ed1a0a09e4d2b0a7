import { isMapped, resetKeys, setFrameKey } from '../../../src/domain/memory/frame-key.js';
import { FrameMarks, MARK } from '../../../src/domain/memory/frame-marks.js';

describe('whether a frame is mapped', () => {
  it.each<[key: number, mapping: boolean, mapped: boolean]>([
    [0x00, false, false],
    [0xf8, false, false],
    [0x04, false, true],
    [0x02, false, true],
    [0x00, true, true],
    [0xf6, true, false],
  ])('with key %i, mark %s: %s', (key, mapping, mapped) => {
    expect(isMapped(key | (mapping ? MARK.mapping : 0))).toBe(mapped);
  });

  it.each([0x00, 0x04])('stays the same whatever keys are set, after an access that left %i', (accessed) => {
    const marks = new FrameMarks();
    marks.set(300, MARK.key, accessed);
    for (const key of [0x10, 0x16, 0x06, 0x00, 0xfe]) {
      setFrameKey(marks, 300, key, true);
      expect([marks.get(300) & MARK.key, isMapped(marks.get(300))]).toEqual([key, accessed !== 0]);
      expect((marks.get(300) & MARK.dirty) !== 0).toBe(accessed !== 0);
    }
    resetKeys(marks);
    expect([marks.get(300) & MARK.key, isMapped(marks.get(300))]).toEqual([0, accessed !== 0]);
  });
});

it('a key that stays the same, or a slot that does not log, makes nothing dirty', () => {
  const marks = new FrameMarks();
  marks.set(1, MARK.key, 0x16);
  setFrameKey(marks, 1, 0x16, true);
  setFrameKey(marks, 1, 0x26, false);
  expect(marks.get(1) & MARK.dirty).toBe(0);
});

it('resetting keys leaves every other mark', () => {
  const marks = new FrameMarks();
  const others = MARK.usage | MARK.nodat | MARK.cmmaDirty | MARK.dirty;
  for (const frame of [0, 255, 2 ** 51]) marks.set(frame, 0xffff, 0x30 | others);
  resetKeys(marks);
  for (const frame of [0, 255, 2 ** 51]) expect(marks.get(frame)).toBe(others);
});
