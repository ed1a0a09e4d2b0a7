import { Body, Controller, Delete, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { seesAsMuchAs } from '../../infra/access/visible.js';
import type { Service } from '../../infra/service.js';
import type { Webhook, WebhookSettings } from '../../infra/webhooks/webhook.js';
import { type Keeping, UnknownWebhook } from '../../infra/webhooks/webhooks.js';
import { type Page, cursorOf, pageOf, paging } from '../http/cursor.js';
import { type Exchange, Http, type HttpRequest, principalOf } from '../http/http.js';
import { keepingChange } from '../commands/keeping-change.js';
import { operation } from '../openapi/openapi-operation.js';
import { malformedRequest } from '../http/problem.js';
import { SERVICE } from '../http/service.token.js';
import { type WebhookPath, noBody, noQuery, webhookPath } from '../shapes/path.js';
import {
  type ChangeWebhookBody,
  type CreateWebhookBody,
  type ResumeWebhookBody,
  changeWebhookBody,
  createWebhookBody,
  createdWebhook,
  resumeWebhookBody,
  webhookPage,
  webhookShape,
} from '../shapes/webhook.js';
import { settingsOf, webhookView } from './webhook-view.js';

const listQuery = z.strictObject(paging);

/** Where records are delivered to as they are appended. */
@ApiTags('Webhooks')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  @Post()
  @operation({
    summary: 'Make a webhook',
    description:
      'Each record that matches is posted to the URL as a CloudEvent, in order of position, at least once, signed by Standard Webhooks; of VMs that are there for its maker. Only this answer has the secret.',
    kind: 'change',
    answer: createdWebhook,
    status: 201,
    located: true,
  })
  async createWebhook(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: createWebhookBody }) { after, ...body }: CreateWebhookBody,
  ): Promise<object> {
    await this.checkPosition(after);
    const settings = settingsOf(body) as WebhookSettings;
    return keepingChange(http, {
      now: this.service.world.now,
      make: (keep) => this.service.webhooks.create(principalOf(http.request), settings, after, keep),
      present: (webhook: Webhook) => ({
        body: { ...webhookView(webhook), secret: webhook.secret },
        headers: { location: `/v1/webhooks/${webhook.id}` },
      }),
    });
  }

  @Get()
  @operation({ summary: 'List webhooks in order of id', kind: 'plain', answer: webhookPage })
  listWebhooks(
    @Http() { request }: Exchange,
    @Query({ schema: listQuery }) { limit, cursor }: z.output<typeof listQuery>,
  ): Page<object> {
    const after = cursorOf(cursor, webhookPath.shape.id, '');
    const principal = principalOf(request);
    const seen = this.service.webhooks.list().filter(({ id, maker }) => id > after && seesAsMuchAs(principal, maker));
    const { items, ...page } = pageOf(seen, limit, ({ id }) => id);
    return { items: items.map(webhookView), ...page };
  }

  @Get(':id')
  @operation({ summary: 'Read a webhook: how far it is, and why it is no further', kind: 'read', answer: webhookShape })
  getWebhook(
    @Http() { request }: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: webhookPath }) { id }: WebhookPath,
  ): object {
    return webhookView(this.find(request, id));
  }

  @Patch(':id')
  @operation({
    summary: 'Change a webhook; what is not in the body stays',
    description: 'A delivery that is under way is broken off and made again as it is now.',
    kind: 'change',
    answer: webhookShape,
  })
  async changeWebhook(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: webhookPath }) { id }: WebhookPath,
    @Body({ schema: changeWebhookBody }) body: ChangeWebhookBody,
  ): Promise<object> {
    this.find(http.request, id);
    return this.answer(http, (keep) => this.service.webhooks.change(id, settingsOf(body), keep));
  }

  @Delete(':id')
  @operation({
    summary: 'Remove a webhook; nothing is delivered any more once this is answered',
    kind: 'change',
    answer: webhookShape,
  })
  async removeWebhook(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: noBody }) _none: object,
    @Param({ schema: webhookPath }) { id }: WebhookPath,
  ): Promise<object> {
    this.find(http.request, id);
    return this.answer(http, (keep) => this.service.webhooks.remove(id, keep));
  }

  @Post(':id/resume')
  @operation({
    summary: 'Resume a webhook that is dead, or try again at once',
    description: 'Goes on with the record that could not be delivered, or after another position.',
    kind: 'change',
    answer: webhookShape,
  })
  async resumeWebhook(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: webhookPath }) { id }: WebhookPath,
    @Body({ schema: resumeWebhookBody }) { after }: ResumeWebhookBody,
  ): Promise<object> {
    this.find(http.request, id);
    await this.checkPosition(after);
    return this.answer(http, (keep) => this.service.webhooks.resume(id, after, keep));
  }

  /** Changes a webhook, and answers what it is then. */
  private answer(http: Exchange, make: (keep: Keeping) => Promise<Webhook>): Promise<object> {
    const { now } = this.service.world;
    return keepingChange(http, { now, make, present: (webhook) => ({ body: webhookView(webhook) }) });
  }

  /** @throws UnknownWebhook also if it can deliver what is not there for whoever asks */
  private find(request: HttpRequest, id: string): Webhook {
    const webhook = this.service.webhooks.get(id);
    if (!seesAsMuchAs(principalOf(request), webhook.maker)) throw new UnknownWebhook(id);
    return webhook;
  }

  /** @throws RequestProblem if the journal has not come to the position: nothing would be delivered until it has */
  private async checkPosition(after = 0): Promise<void> {
    const head = await this.service.journal.head();
    if (after > head)
      throw malformedRequest([{ field: 'after', message: `is beyond ${head}, the end of the journal` }]);
  }
}
