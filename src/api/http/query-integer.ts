import { z } from 'zod';

const DIGITS = /^\d{1,16}$/;

/** A count, version or position in a query: decimal digits and nothing else. Output: number, `least` to `most`. */
export const queryInteger = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.preprocess(
    (text) => (typeof text === 'string' && DIGITS.test(text) ? Number(text) : text),
    z
      .int({
        error: ({ code, input }) =>
          code === 'invalid_type' && input !== undefined ? 'must be a decimal number' : undefined,
      })
      .min(least)
      .max(most),
  );
