import type { LoggerService } from '@nestjs/common';
import type { Log } from './log.js';

const ignore = (): void => undefined;

/** The framework's log: warnings and errors only. */
export function nestLogger(log: Log): LoggerService {
  const textOf = (message: unknown, context: readonly unknown[]): string =>
    [message instanceof Error ? (message.stack ?? message.message) : message, ...context].map(String).join(' ');
  const warn = (message: unknown, ...context: unknown[]): void => log.warn(textOf(message, context));
  const error = (message: unknown, ...context: unknown[]): void => log.error(textOf(message, context));
  return { log: ignore, debug: ignore, verbose: ignore, warn, error, fatal: error };
}
