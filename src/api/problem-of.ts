import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { JournalError, type JournalFault } from '../infra/journal/journal.js';
import { MalformedCommand, UnknownVersion, UnknownVm, VersionMismatch } from '../infra/machines/errors.js';
import { fieldErrors } from './field-errors.js';
import { type ProblemKind, RequestProblem, malformedRequest } from './problem.js';

/** What the framework refuses before a handler sees it, by status. */
const FRAMEWORK: Readonly<Record<number, ProblemKind>> = {
  400: 'malformed_request',
  404: 'not_found',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
};

/** Faults of the journal that pass: the client may try again after so many seconds. */
const RETRY_AFTER: { readonly [Fault in JournalFault]?: string } = { busy: '1', conflict: '1' };

function journalProblem({ fault, message }: JournalError): RequestProblem {
  const seconds = RETRY_AFTER[fault];
  const headers: Record<string, string> = seconds === undefined ? {} : { 'retry-after': seconds };
  return new RequestProblem(fault === 'full' ? 'journal_full' : 'journal_unavailable', message, { fault }, headers);
}

const statusOf = (error: object): unknown =>
  error instanceof HttpException ? error.getStatus() : 'statusCode' in error ? error.statusCode : undefined;

function frameworkProblem(error: Error): RequestProblem | undefined {
  const status = statusOf(error);
  const kind = typeof status === 'number' ? FRAMEWORK[status] : undefined;
  return kind && new RequestProblem(kind, error.message);
}

/** The problem that an exception stands for; undefined if nobody expected it. */
export function problemOf(error: unknown): RequestProblem | undefined {
  if (error instanceof RequestProblem) return error;
  if (error instanceof UnknownVm) return new RequestProblem('unknown_vm', error.message, { vm: error.vm });
  if (error instanceof UnknownVersion) {
    const errors = [{ field: error.field, message: error.message }];
    return new RequestProblem('unknown_version', `${error.field}: ${error.message}`, { vm: error.vm, errors });
  }
  if (error instanceof VersionMismatch) {
    const { vm, current, message } = error;
    return new RequestProblem('version_mismatch', message, { vm, version: current }, { etag: `"${current}"` });
  }
  if (error instanceof MalformedCommand) return malformedRequest([{ field: error.field, message: error.message }]);
  if (error instanceof z.ZodError) return malformedRequest(fieldErrors(error, 'request'));
  if (error instanceof JournalError) return journalProblem(error);
  return error instanceof Error ? frameworkProblem(error) : undefined;
}
