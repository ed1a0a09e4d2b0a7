import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { HTML } from '../http/accept.js';
import { docsPage } from './docs-page.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from './openapi-operation.js';
import { DOCUMENT } from '../http/service.token.js';
import { noQuery } from '../shapes/path.js';

const documentShape = z.looseObject({ openapi: z.literal('3.1.0') }).meta({ description: 'an OpenAPI document' });

/** The API described: for programs and for people. */
@ApiTags('Service')
@Controller()
export class DocsController {
  private page: string | undefined;

  constructor(@Inject(DOCUMENT) private readonly document: () => OpenAPIObject) {}

  @Get('openapi.json')
  @operation({ summary: 'Read this document', kind: 'plain', answer: documentShape })
  getDocument(@Query({ schema: noQuery }) _: object): OpenAPIObject {
    return this.document();
  }

  @Get('docs')
  @operation({ summary: 'Read this document as a page', kind: 'plain', produces: [HTML] })
  getDocs(@Http() { reply }: Exchange, @Query({ schema: noQuery }) _: object): string {
    reply.header('content-type', `${HTML}; charset=utf-8`);
    return (this.page ??= docsPage(this.document()));
  }
}
