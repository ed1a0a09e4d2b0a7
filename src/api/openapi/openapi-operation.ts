import { HttpCode, applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiConsumes, ApiOperation, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { isPublic } from '../auth/access.js';
import type { RouteSettings } from '../http/http.js';
import { PROBLEMS } from '../http/problem.js';
import { failuresOf } from './statuses.js';

/** What anything that is recorded in the journal before it is answered can be answered. */
const RECORDED = [
  PROBLEMS.malformed_request,
  PROBLEMS.unknown_vm,
  PROBLEMS.version_mismatch,
  PROBLEMS.internal_error,
  PROBLEMS.journal_unavailable,
  PROBLEMS.journal_full,
] as const;

/** What a kind of operation can be answered besides success. */
const PROBLEM_STATUSES = {
  /** Recorded in the journal before it is answered; with which errnos it can be refused, each says for itself. */
  command: RECORDED,
  /** Reads of the service's own that are recorded where they are of the past. */
  look: RECORDED,
  /** Reads of the service's own. */
  read: [PROBLEMS.malformed_request, PROBLEMS.unknown_vm, PROBLEMS.internal_error, PROBLEMS.journal_unavailable],
  /** Reads of the log. */
  log: [PROBLEMS.malformed_request, PROBLEMS.unknown_tile, PROBLEMS.internal_error, PROBLEMS.checkpoint_pending],
  /** Reads of what can be had in several forms. */
  forms: [
    PROBLEMS.malformed_request,
    PROBLEMS.unknown_vm,
    PROBLEMS.not_acceptable,
    PROBLEMS.internal_error,
    PROBLEMS.journal_unavailable,
  ],
  /** Changes of the service's own. */
  change: [
    PROBLEMS.malformed_request,
    PROBLEMS.unknown_webhook,
    PROBLEMS.internal_error,
    PROBLEMS.journal_unavailable,
    PROBLEMS.journal_full,
  ],
  /** Changes of what the journal holds. */
  erasure: [
    PROBLEMS.malformed_request,
    PROBLEMS.unknown_vm,
    PROBLEMS.would_take_from,
    PROBLEMS.version_mismatch,
    PROBLEMS.internal_error,
    PROBLEMS.journal_unavailable,
    PROBLEMS.journal_full,
  ],
  /** Reads that need no VM. */
  plain: [PROBLEMS.malformed_request, PROBLEMS.internal_error, PROBLEMS.journal_unavailable],
} as const;

/** What anything that is not public can be answered, before it is looked at. */
const ACCESS_STATUSES = [
  PROBLEMS.unauthenticated,
  PROBLEMS.forbidden,
  PROBLEMS.too_many_requests,
  PROBLEMS.authentication_unavailable,
];

/** An operation as the OpenAPI document has it. */
export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly kind: keyof typeof PROBLEM_STATUSES;
  /** The shape of the answer; absent if it has no body, or one that is not JSON. */
  readonly answer?: z.ZodType;
  readonly status?: 200 | 201 | 202;
  /** Whether the answer says in `Location` where what was made is. */
  readonly located?: boolean;
  /** Whether the body may have `BULK_MAX` bytes and not only `BODY_MAX`. */
  readonly bulk?: boolean;
  /** Media types of the body and of the answer, where they are not JSON alone. */
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
}

const LOCATION = { headers: { Location: { $ref: '#/components/headers/Location' } } };

/** What an answer that is not JSON can be had as; the document says of each type what it looks like. */
const plain = (types: readonly string[]) => ({ content: Object.fromEntries(types.map((type) => [type, {}])) });

/**
 * Describes a handler, whose name is the operation's, and makes it answer `status` (200 if absent) unless it throws.
 *
 * @returns the decorator of the handler
 */
export const operation =
  ({
    summary,
    description,
    kind,
    answer,
    status = 200,
    located = false,
    bulk = false,
    consumes,
    produces,
  }: Operation): MethodDecorator =>
  (target, name, descriptor) => {
    const settings: RouteSettings = { operation: String(name), status, bulk };
    const access = isPublic(String(name)) ? [] : ACCESS_STATUSES;
    const problems = [...PROBLEM_STATUSES[kind], ...access];
    const ofKind = problems.map((problem) => problem.status);
    const decorate = applyDecorators(
      HttpCode(status),
      RouteConfig(settings),
      ApiOperation({ summary, ...(description !== undefined && { description }) }),
      ApiResponse({
        status,
        description: 'Done.',
        ...(located && LOCATION),
        ...(answer ? { standardSchema: answer } : produces && plain(produces)),
      }),
      ...failuresOf(String(name), ofKind).map((code) => ApiResponse({ status: code, description: 'A problem.' })),
      ...(consumes ? [ApiConsumes(...consumes)] : []),
      ...(produces ? [ApiProduces(...produces)] : []),
    );
    decorate(target, name, descriptor as TypedPropertyDescriptor<unknown>);
  };
