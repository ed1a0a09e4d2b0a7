import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OPENMETRICS, PROMETHEUS_TEXT } from '../../infra/metrics/metrics.js';
import type { Service } from '../../infra/service.js';
import { OPENMETRICS_TYPE, TEXT, preferred } from '../http/accept.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { SERVICE } from '../http/service.token.js';
import { noQuery } from '../shapes/path.js';

/** The version that a client of a media type understands. */
const VERSIONS = { [OPENMETRICS_TYPE]: OPENMETRICS, [TEXT]: PROMETHEUS_TEXT } as const;

/** What the service measures of itself. */
@ApiTags('Service')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  @Get()
  @operation({
    summary: 'Read the metrics',
    description: 'OpenMetrics 1.0, or the older text format of Prometheus for those who prefer text/plain.',
    kind: 'plain',
    produces: [OPENMETRICS_TYPE, TEXT],
  })
  async getMetrics(@Http() { request, reply }: Exchange, @Query({ schema: noQuery }) _: object): Promise<string> {
    const version = VERSIONS[preferred(request, [OPENMETRICS_TYPE, TEXT])];
    const text = await this.service.metrics.tell(version);
    reply.header('content-type', version);
    return text;
  }
}
