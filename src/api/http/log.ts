import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../../infra/config.js';

export type Log = Pick<Logger, 'debug' | 'error' | 'info' | 'isLevelEnabled' | 'warn'>;

/** What stands in the place of a secret. */
const CENSOR = '[redacted]';

/**
 * Service tokens and JWTs, wherever somebody may have put one. Of a JWT also what stands right before it: looked for from the beginning of
 * a word alone, it is found in a time that does not grow with the square of the text.
 */
const TOKENS = /vml_[0-9a-f]{12}\.[\w-]+|(?<![\w-])(?:(?!eyJ)[\w-])*eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** A text without the tokens that are in it. */
export const withoutTokens = (text: string): string => text.replace(TOKENS, CENSOR);

/** Names of fields that hold secrets or guest memory, which no line says, wherever in it they stand up to a depth of four. */
const SECRETS = [
  'authorization',
  'body',
  'cookie',
  'data',
  'idempotency-key',
  'jwt',
  'oldData',
  'password',
  'secret',
  'token',
  'webhook-signature',
] as const;

const DEPTHS = ['', '*.', '*.*.', '*.*.*.'];

const paths = SECRETS.flatMap((name) => DEPTHS.map((depth) => `${depth === '' ? '' : depth.slice(0, -1)}["${name}"]`));

/**
 * The operator's log: one line of JSON each, to `destination` or standard error. Lines are made of chosen fields and never of
 * whole requests; what is a secret by its name is blotted out all the same.
 */
export function makeLog(
  level: LogLevel,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths, censor: CENSOR },
  };
  return pino(options, destination);
}
