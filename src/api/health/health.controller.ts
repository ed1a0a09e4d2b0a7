import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { JOURNAL_FAULTS } from '../../infra/journal/journal.js';
import type { Service } from '../../infra/service.js';
import { Closing } from '../http/closing.service.js';
import { operation } from '../openapi/openapi-operation.js';
import { RequestProblem } from '../http/problem.js';
import { SERVICE } from '../http/service.token.js';
import { noQuery } from '../shapes/path.js';

const health = z.strictObject({ status: z.enum(['ok', 'ready']) }).meta({ id: 'Health' });

type Health = z.output<typeof health>;

/** Whether the service lives, and whether it can take commands. */
@ApiTags('Service')
@Controller()
export class HealthController {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(Closing) private readonly closing: Closing,
  ) {}

  @Get('healthz')
  @operation({ summary: 'Whether the process lives', kind: 'plain', answer: health })
  getHealth(@Query({ schema: noQuery }) _: object): Health {
    return { status: 'ok' };
  }

  @Get('readyz')
  @operation({ summary: 'Whether commands can be recorded', kind: 'plain', answer: health })
  async getReadiness(@Query({ schema: noQuery }) _: object): Promise<Health> {
    if (this.closing.hasBegun) throw new RequestProblem('shutting_down', 'the service takes no new connections');
    const fault = await this.service.journal.health();
    if (fault !== undefined) throw new RequestProblem('journal_unavailable', JOURNAL_FAULTS[fault], { fault });
    return { status: 'ready' };
  }
}
