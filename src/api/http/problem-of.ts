import { types } from 'node:util';
import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { ErasedMemory } from '../../domain/memory/erased.js';
import { KeysUnavailable } from '../../infra/access/token-kind.js';
import { WouldTakeFrom } from '../../infra/erasures/erasures.js';
import { JournalError, type JournalFault } from '../../infra/journal/journal.js';
import { MalformedCommand, UnknownVersion, UnknownVm, VersionMismatch } from '../../infra/machines/errors.js';
import { TooManyWebhooks, UnknownWebhook } from '../../infra/webhooks/webhooks.js';
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

/** The part of a request that the framework calls malformed, by the code of its error. */
const FIELDS: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'path',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'Content-Length',
  ECONNRESET: 'body',
};

/** Whether it is an error, also one of another realm's as Node's streams throw them, or one of Fastify's own making. */
const isError = (error: unknown): error is Error => types.isNativeError(error) || error instanceof Error;

function fieldOf(error: Error): string {
  const origin = error instanceof HttpException ? error.cause : error;
  const code = isError(origin) && 'code' in origin ? String(origin.code) : '';
  return FIELDS[code] ?? 'request';
}

function frameworkProblem(error: Error): RequestProblem | undefined {
  const status = statusOf(error);
  const kind = typeof status === 'number' ? FRAMEWORK[status] : undefined;
  if (kind === 'malformed_request') return malformedRequest([{ field: fieldOf(error), message: error.message }]);
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
  if (error instanceof ErasedMemory) return new RequestProblem('erased', error.message, { erasure: error.by });
  if (error instanceof WouldTakeFrom) return new RequestProblem('would_take_from', error.message, { vm: error.vm });
  if (error instanceof UnknownWebhook) return new RequestProblem('unknown_webhook', error.message);
  if (error instanceof TooManyWebhooks) return new RequestProblem('too_many_webhooks', error.message);
  if (error instanceof MalformedCommand) return malformedRequest([{ field: error.field, message: error.message }]);
  if (error instanceof z.ZodError) return malformedRequest(fieldErrors(error, 'request'));
  if (error instanceof KeysUnavailable)
    return new RequestProblem('authentication_unavailable', error.message, {}, { 'retry-after': '5' });
  if (error instanceof JournalError) return journalProblem(error);
  return isError(error) ? frameworkProblem(error) : undefined;
}
