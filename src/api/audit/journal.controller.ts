import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Principal } from '../../infra/access/principal.js';
import type { Query as JournalSearch } from '../../infra/journal/journal.js';
import { searchOf } from '../../infra/journal/search.js';
import { UnknownVm } from '../../infra/machines/errors.js';
import type { Service } from '../../infra/service.js';
import { type Page, cursorOf, cursorAfter, pageOf } from '../http/cursor.js';
import { type Exchange, Http, principalOf } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { recordView } from './record-view.js';
import { SERVICE } from '../http/service.token.js';
import { type JournalQuery, journalPage, journalQuery, vmJournalQuery } from '../shapes/journal.js';
import { type VmPath, vmPath } from '../shapes/path.js';

/** @param shared whether records of other VMs count that touched the range of `vm` through a page which both have */
function queryOf({ cursor, limit, after, ...filters }: JournalQuery, shared: boolean): JournalSearch {
  const start = Math.max(after, cursorOf(cursor, z.int().min(0), 0));
  return { ...searchOf(filters, shared), after: start, limit: limit + 1 };
}

/** What was asked of the VMs, and what came of it. */
@ApiTags('Journal')
@Controller('v1')
export class JournalController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  @Get('journal')
  @operation({
    summary: 'Read the journal in order of position',
    description:
      'With `vm` and `gpa` also records of other VMs that touched the range through a page which they share with it.',
    kind: 'read',
    answer: journalPage,
  })
  readJournal(
    @Http() { request }: Exchange,
    @Query({ schema: journalQuery }) query: JournalQuery,
  ): Promise<Page<object>> {
    return this.page(principalOf(request), query, true);
  }

  @Get('vms/:vm/journal')
  @operation({ summary: 'Read the journal of a VM in order of version', kind: 'read', answer: journalPage })
  async readVmJournal(
    @Http() { request }: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: vmJournalQuery }) query: JournalQuery,
  ): Promise<Page<object>> {
    const { version } = await this.service.journal.streamHead(vm);
    if (version === 0) throw new UnknownVm(vm);
    return this.page(principalOf(request), { ...query, vm }, false);
  }

  private async page(principal: Principal, query: JournalQuery, shared: boolean): Promise<Page<object>> {
    const { records, searchedTo } = await this.service.sight.records(principal, queryOf(query, shared));
    const { items, ...page } = pageOf(records, query.limit, ({ position }) => position);
    const next = searchedTo === undefined ? page : { nextCursor: cursorAfter(searchedTo) };
    return { items: items.map(recordView), ...next };
  }
}
