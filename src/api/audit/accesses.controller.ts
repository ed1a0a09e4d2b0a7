import { Controller, Get, Inject, Param, Query, type StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { asAbsolute } from '../../domain/memory/address.js';
import { BEGINNING, type BlameQuery as BlameRange, type Blamed } from '../../infra/accesses/access-index.js';
import { seesAll, type Viewer } from '../../infra/access/visible.js';
import type { Place } from '../../infra/accesses/access-reader.js';
import type { VmChange } from '../../domain/audit/diff/vm-changes.js';
import type { AccessBody, AccessQuery, FoundAccess } from '../../infra/accesses/search.js';
import { Comparison, NOTHING_TOLD, type Change, type ToldSoFar } from '../../infra/machines/comparison.js';
import type { Service } from '../../infra/service.js';
import { accepted } from '../http/accept.js';
import { ACCESS_COLUMNS, BLAME_COLUMNS, CHANGE_COLUMNS, accessView, blameView, changeView } from './access-views.js';
import { etagOf } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { cursorOf, notACursor } from '../http/cursor.js';
import { type Exchange, Http, principalOf } from '../http/http.js';
import { momentOf } from '../http/moment.js';
import { operation } from '../openapi/openapi-operation.js';
import { SERVICE } from '../http/service.token.js';
import {
  type AccessesQuery,
  type BlameQuery,
  type DiffQuery,
  accessPage,
  accessesQuery,
  blamePage,
  blameQuery,
  diffPage,
  diffQuery,
} from '../shapes/accesses.js';
import { type VmPath, vmPath } from '../shapes/path.js';
import { TABLE_FORMS, answerTable } from '../http/table.js';

type Answer = Promise<StreamableFile | object>;

/** Numbers of a cursor; the second may have 64 bits. */
const numbers = z.string().regex(/^\d{1,16} \d{1,20}(?: \d{1,16})?$/);

const numbersOf = (cursor: string | undefined): readonly [number, bigint, number | undefined] | undefined => {
  if (cursor === undefined) return undefined;
  const [first = '0', second = '0', third] = cursorOf(cursor, numbers, '').split(' ');
  return [Number(first), BigInt(second), third === undefined ? undefined : Number(third)];
};

/** Where a search goes on. */
function placeAfter(cursor: string | undefined): Place {
  const [position, n] = numbersOf(cursor) ?? [];
  return position === undefined ? BEGINNING : { position, n: Number(n) };
}

/** Who touched which guest memory, who wrote what is there, and what changed. */
@ApiTags('Audit')
@Controller('v1')
export class AccessesController {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get('audit/accesses')
  @operation({
    summary: 'Find who touched guest memory',
    description:
      'In order of position: one access for each item of a batch, refused ones too. With `vm` also those of other VMs to pages that it shares with them.',
    kind: 'forms',
    answer: accessPage,
    produces: TABLE_FORMS,
  })
  findAccesses(
    @Http() http: Exchange,
    @Query({ schema: accessesQuery }) { limit, cursor, kind, ...query }: AccessesQuery,
  ): Answer {
    const kinds = kind === undefined ? undefined : [kind].flat();
    return answerTable(http, {
      items: this.seen(principalOf(http.request), { ...query, kinds }, placeAfter(cursor)),
      limit,
      show: accessView,
      columns: ACCESS_COLUMNS,
      keyOf: ({ position, n }) => `${position} ${n}`,
    });
  }

  @Get('vms/:vm/memory/blame')
  @operation({
    summary: 'Read who wrote each byte of guest memory last, as it is or as it was',
    description:
      'In order of address, in runs. A page that is shared is told by the record that wrote it, of whichever VM. Answers no content.',
    kind: 'forms',
    answer: blamePage,
    produces: TABLE_FORMS,
  })
  async blameMemory(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: blameQuery }) { gpa, size, limit, cursor, ...query }: BlameQuery,
  ): Answer {
    const moment = momentOf(query);
    const view = await this.service.machines.view(vm, moment);
    const [then, next = gpa, version = view.version] = numbersOf(cursor) ?? [];
    const head = await this.service.journal.head();
    if (then !== undefined && then > head) throw notACursor();
    const position = then ?? (moment ? view.position : head);
    const left = gpa + BigInt(size) - next;
    http.reply.header('etag', etagOf(version));
    return answerTable(http, {
      items: this.blamed(principalOf(http.request), {
        vm,
        absolute: asAbsolute(next),
        size: left > 0n && next >= gpa ? Number(left) : 0,
        position,
      }),
      limit,
      show: blameView,
      columns: BLAME_COLUMNS,
      keyOf: (run) => `${position} ${run.absolute + BigInt(run.size)} ${version}`,
      more: { version, position },
    });
  }

  @Get('vms/:vm/diff')
  @operation({
    summary: 'Read what changed of a VM between two versions',
    description:
      'State, registers, memory slots, and runs of memory that hold other bytes where slots are both times. Answers where memory changed, not what is in it. Who compares is recorded in the journal (`look_back`).',
    kind: 'look',
    answer: diffPage,
    produces: TABLE_FORMS,
  })
  async diffVersions(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: diffQuery }) { from, to, limit, cursor }: DiffQuery,
  ): Answer {
    const { version } = await this.service.machines.view(vm);
    const [count, gpa, last = version] = numbersOf(cursor) ?? [];
    if (last > version) throw notACursor();
    const told: ToldSoFar = count === undefined || gpa === undefined ? NOTHING_TOLD : { count, gpa };
    accepted(http.request, TABLE_FORMS);
    const comparison = await Comparison.of(this.service.history, vm, from, to ?? last);
    const look = { type: 'look_back', what: 'diff', from, version: to ?? last } as const;
    const recorded = await this.commands.run(http, vm, look);
    return answerTable(http, {
      items: comparison.changes(told, (change) => seesAll(principalOf(http.request)) || !namesOthers(change)),
      limit,
      show: changeView,
      columns: CHANGE_COLUMNS,
      keyOf: (change, index) => `${cursorAfterChange(told, change, index)} ${to ?? last}`,
      more: {
        from: { ...comparison.from },
        to: { ...comparison.to },
        version: recorded.version,
        position: recorded.position,
      },
    });
  }

  /** The accesses that are there for somebody, each without what it says of VMs that are not. */
  private async *seen(viewer: Viewer, query: AccessQuery, after: Place): AsyncGenerator<FoundAccess> {
    const { accesses, sight } = this.service;
    if (query.vm !== undefined && !(await sight.of(viewer, query.vm))) return;
    for await (const access of accesses.search(query, after)) {
      if (!(await sight.of(viewer, access.vm))) continue;
      const shared: AccessBody['shared'][number][] = [];
      for (const place of access.body.shared) if (await sight.of(viewer, place.vm)) shared.push(place);
      yield { ...access, body: { ...access.body, shared } };
    }
  }

  /** Who wrote memory last, as far as he is there for somebody. */
  private async *blamed(viewer: Viewer, query: BlameRange): AsyncGenerator<Blamed & { readonly hidden?: true }> {
    const { accesses, sight } = this.service;
    for await (const { by, ...run } of accesses.blame(query))
      if (by === undefined || (await sight.of(viewer, by.vm))) yield { ...run, ...(by && { by }) };
      else yield { ...run, hidden: true };
  }
}

/** Parts of the state that name other VMs. */
const namesOthers = ({ what, path }: VmChange): boolean =>
  what === 'state' && /^\/(?:borrowed|lent)(?:\/|$)/.test(path);

/** Where changes go on after one of a page: what is beside memory is counted, memory goes by address. */
function cursorAfterChange({ count, gpa }: ToldSoFar, change: Change, index: number): string {
  if (change.what !== 'memory') return `${count + index + 1} ${gpa}`;
  return `${Number.MAX_SAFE_INTEGER} ${change.gpa + BigInt(change.size)}`;
}
