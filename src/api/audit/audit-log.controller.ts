import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { z } from 'zod';
import { type Checkpoint, parseCheckpoint } from '../../domain/audit/tlog/checkpoint.js';
import { keyText } from '../../domain/audit/tlog/key.js';
import { noteText } from '../../domain/audit/tlog/note.js';
import { consistencyProof, inclusionProof, rootAt } from '../../domain/audit/tlog/proof.js';
import { type Tile, isWithin, tileAt } from '../../domain/audit/tlog/tile.js';
import { tlogProofText } from '../../domain/audit/tlog/tlog-proof.js';
import { base64 } from '../../domain/json.js';
import { tileBytes } from '../../infra/audit/tile-bytes.js';
import type { Service } from '../../infra/service.js';
import { OCTETS, TEXT } from '../http/accept.js';
import { type Exchange, Http, headerOf } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { RequestProblem, malformedRequest } from '../http/problem.js';
import { SERVICE } from '../http/service.token.js';
import {
  type ConsistencyQuery,
  type CosignaturesBody,
  type PositionPath,
  type TilePath,
  consistencyQuery,
  consistencyShape,
  cosignaturesBody,
  cosignedShape,
  positionPath,
  tilePathShape,
} from '../shapes/audit.js';
import { noQuery } from '../shapes/path.js';

const compress = promisify(gzip);

const UTF8 = `${TEXT}; charset=utf-8`;

/** Milliseconds for which the proof of a new record waits for the checkpoint that it is to lead to. */
const PATIENCE = 3000;

/** How long an answer may be kept: what a log said once it says for ever, but for its checkpoint. */
const CACHING = { never: 'no-cache', forever: 'private, max-age=31536000, immutable' } as const;

const acceptsGzip = (exchange: Exchange): boolean =>
  /(?:^|,)\s*gzip\s*(?:$|,|;(?!\s*q=0(?:\.0*)?\s*(?:$|,)))/.test(headerOf(exchange.request, 'accept-encoding') ?? '');

function answerText({ reply }: Exchange, text: string, caching: keyof typeof CACHING): Buffer {
  reply.header('content-type', UTF8).header('cache-control', CACHING[caching]);
  return Buffer.from(text);
}

/** The journal as a log that other people's tools verify: C2SP tlog-tiles, tlog-checkpoint and tlog-proof. */
@ApiTags('Audit')
@Controller('v1/audit')
export class AuditLogController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  @Get('log/key')
  @operation({
    summary: "Read the log's public key",
    description: 'A vkey (C2SP signed-note). Its name is the origin of the checkpoints.',
    kind: 'plain',
    produces: [TEXT],
  })
  getLogKey(@Http() exchange: Exchange, @Query({ schema: noQuery }) _: object): Buffer {
    return answerText(exchange, `${keyText(this.service.log.key)}\n`, 'never');
  }

  @Get('log/checkpoint')
  @operation({
    summary: 'Read the published checkpoint',
    description: 'The newest that has its quorum of witnesses; without witnesses, the newest (C2SP tlog-checkpoint).',
    kind: 'plain',
    produces: [TEXT],
  })
  getCheckpoint(@Http() exchange: Exchange, @Query({ schema: noQuery }) _: object): Buffer {
    return answerText(exchange, noteText(this.published().note), 'never');
  }

  @Get('log/checkpoint/newest')
  @operation({
    summary: 'Read the newest checkpoint, whoever has cosigned it',
    kind: 'plain',
    produces: [TEXT],
  })
  getNewestCheckpoint(@Http() exchange: Exchange, @Query({ schema: noQuery }) _: object): Buffer {
    return answerText(exchange, noteText(this.service.log.newest().note), 'never');
  }

  @Post('log/cosignatures')
  @operation({
    summary: 'Add cosignatures of witnesses to a checkpoint',
    description: 'The checkpoint as this log signed it, with the cosignatures (C2SP tlog-cosignature) below.',
    kind: 'plain',
    answer: cosignedShape,
  })
  async addCosignatures(
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: cosignaturesBody }) { checkpoint: text }: CosignaturesBody,
  ): Promise<z.output<typeof cosignedShape>> {
    const checkpoint = parseCheckpoint(text);
    const witnesses = checkpoint && (await this.service.log.cosign(checkpoint));
    if (checkpoint === undefined || witnesses === undefined)
      throw malformedRequest([{ field: 'checkpoint', message: 'must be a checkpoint that this log signed' }]);
    const published = (this.service.log.checkpoint()?.size ?? -1) >= checkpoint.size;
    return { size: checkpoint.size, witnesses: witnesses.map(({ name }) => name), published };
  }

  @Get('log/tile/*')
  @operation({
    summary: 'Read a tile of the tree, or a bundle of entries',
    description:
      "C2SP tlog-tiles: `tile/{level}/{index}[.p/{width}]` and `tile/entries/{index}[.p/{width}]`. An entry is a record's bytes.",
    kind: 'log',
    produces: [OCTETS],
  })
  async getTile(
    @Http() exchange: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: tilePathShape }) { '*': path }: TilePath,
  ): Promise<Buffer> {
    const tile = tileAt(`tile/${path}`);
    if (tile === undefined || !isWithin(tile, this.service.log.newest().size))
      throw new RequestProblem('unknown_tile', `the log has no tile ${path}`);
    exchange.reply.header('content-type', OCTETS).header('cache-control', CACHING.forever);
    return this.encoded(exchange, tile, Buffer.from(await tileBytes(this.service, tile)));
  }

  @Get('log/consistency')
  @operation({
    summary: 'Prove that the log of one size is the beginning of that of another',
    kind: 'log',
    answer: consistencyShape,
  })
  getConsistency(
    @Query({ schema: consistencyQuery }) { from, to = this.published().size }: ConsistencyQuery,
  ): z.output<typeof consistencyShape> {
    const { tree } = this.service.log;
    const { size } = this.service.log.newest();
    if (to > size) throw new RequestProblem('unknown_position', `to: the log has ${size} records`);
    if (from > to) throw malformedRequest([{ field: 'from', message: `must be at most ${to}` }]);
    const head = (records: number) => ({ size: records, root: base64(rootAt(records, tree)) });
    return { from: head(from), to: head(to), proof: consistencyProof(from, to, tree).map(base64) };
  }

  @Get('proofs/:position')
  @operation({
    summary: 'Prove that a record is in the log',
    description:
      "A `tlog-proof@v1` file (C2SP tlog-proof). The leaf is the record's bytes; its index is its position less 1.",
    kind: 'log',
    produces: [TEXT],
  })
  async getProof(
    @Http() exchange: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: positionPath }) { position }: PositionPath,
  ): Promise<Buffer> {
    const { journal, log } = this.service;
    const head = await journal.head();
    if (position > head) throw new RequestProblem('unknown_position', `position: the journal has ${head} records`);
    const checkpoint = this.there(await log.covering(position, PATIENCE));
    const index = position - 1;
    const hashes = inclusionProof(index, checkpoint.size, log.tree);
    return answerText(exchange, tlogProofText({ index, hashes, checkpoint: noteText(checkpoint.note) }), 'never');
  }

  private published(): Checkpoint {
    return this.there(this.service.log.checkpoint());
  }

  private there(checkpoint: Checkpoint | undefined): Checkpoint {
    if (checkpoint) return checkpoint;
    const detail = 'not enough witnesses have cosigned yet';
    throw new RequestProblem('checkpoint_pending', detail, {}, { 'retry-after': '1' });
  }

  /** Entries are text, and are compressed for whoever takes it; hashes cannot be. */
  private async encoded(exchange: Exchange, { level }: Tile, bytes: Buffer): Promise<Buffer> {
    if (level !== 'entries') return bytes;
    exchange.reply.header('vary', 'accept-encoding');
    if (!acceptsGzip(exchange)) return bytes;
    exchange.reply.header('content-encoding', 'gzip');
    return compress(bytes);
  }
}
