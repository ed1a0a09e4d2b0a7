import type { LoggerService } from '@nestjs/common';

const ignore = (): void => undefined;

/** The framework's log: warnings and errors only, each one line to `log`. */
export function stderrLogger(log: (message: string) => void): LoggerService {
  const write = (message: unknown, ...context: unknown[]): void =>
    log([message instanceof Error ? (message.stack ?? message.message) : message, ...context].map(String).join(' '));
  return { log: ignore, debug: ignore, verbose: ignore, warn: write, error: write, fatal: write };
}
