import { z } from 'zod';
import { bytes, u32, u64 } from '../../domain/shapes/scalars.js';
import { cmmaFlags, getCmmaBits } from '../../domain/shapes/s390x-marks.js';
import { answered, base64, hex } from './output.js';

const { startGfn, count } = getCmmaBits.shape;

export const cmmaQuery = z.strictObject({
  startGfn,
  count,
  peek: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: 'look at any pages, and collect nothing' }),
  flags: u32.default(0).meta({ description: "the kernel's flags field; peek is 1" }),
});

export type CmmaQuery = z.output<typeof cmmaQuery>;

export const cmmaAnswer = answered({
  startGfn: hex,
  count: z.int(),
  remaining: hex.meta({ description: 'pages that wait to be collected' }),
  values: base64.meta({ description: 'a byte a page: usage state in the bits 0x03, NODAT in 0x40' }),
}).meta({ id: 'CmmaValues' });

/** The body that sets CMMA states; what was read can be written back as it is. */
export const cmmaBody = z
  .strictObject({
    startGfn,
    count: count.optional().meta({ description: 'the number of values if absent' }),
    mask: u64.default((1n << 64n) - 1n).meta({ description: 'which bits, of the byte shifted left by 24' }),
    values: bytes.optional().meta({ description: 'a byte a page; absent: a bad address' }),
    flags: cmmaFlags.default([]),
    remaining: u64.optional().meta({ description: 'not looked at' }),
  })
  .meta({ id: 'SetCmmaValues' });

export type CmmaBody = z.output<typeof cmmaBody>;
