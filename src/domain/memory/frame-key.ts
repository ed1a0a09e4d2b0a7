import { type FrameMarks, MARK } from './frame-marks.js';
import { KEY } from './storage-key.js';

const ACCESSED = KEY.reference | KEY.change;

/** The frame after the last one that 64-bit addresses reach. */
const FRAMES = 2 ** 52;

/**
 * Whether the guest or a memory operation ever accessed a frame, so that the host's tables map it. Reference and change bits
 * tell it until a command sets the key; from then on they do together with `MARK.mapping`.
 *
 * @param marks the frame's marks
 */
export const isMapped = (marks: number): boolean => ((marks & ACCESSED) !== 0) !== ((marks & MARK.mapping) !== 0);

/** The mark with which a frame of this key says whether it is mapped. */
const mappingOf = (key: number, mapped: boolean): number => (((key & ACCESSED) !== 0) === mapped ? 0 : MARK.mapping);

/**
 * Sets the storage key of a frame. A key that changes makes a mapped frame dirty in a slot that logs (dat_update_ptep_sd).
 *
 * @param logs whether the frame's slot logs dirty pages
 */
export function setFrameKey(marks: FrameMarks, frame: number, key: number, logs: boolean): void {
  const before = marks.get(frame);
  const mapped = isMapped(before);
  const dirty = logs && mapped && (before & MARK.key) !== key ? MARK.dirty : 0;
  marks.set(frame, MARK.key | MARK.mapping | dirty, key | mappingOf(key, mapped) | dirty);
}

/** Every storage key becomes 0, which makes no frame dirty (dat_reset_skeys). */
export function resetKeys(marks: FrameMarks): void {
  marks.update(MARK.key, 0, FRAMES, (before) => (before & ~(MARK.key | MARK.mapping)) | mappingOf(0, isMapped(before)));
}
