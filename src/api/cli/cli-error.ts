import { EXIT } from './exit-codes.js';

type Code = (typeof EXIT)[keyof typeof EXIT];

/** A command that comes to another end than `failed`. */
export class CliError extends Error {
  constructor(
    readonly exitCode: Code,
    message: string,
  ) {
    super(message);
  }
}
