import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Json } from '../../domain/digester.js';
import { toJson } from '../../domain/json.js';
import { describedHost } from '../../domain/s390x/model/machine.js';
import { aarch64Host, s390xHost, x86Host } from '../../domain/shapes/host.js';
import { operation } from '../openapi/openapi-operation.js';
import { noQuery } from '../shapes/path.js';

/** The default machine of each architecture. */
const PROFILES = {
  s390x: toJson(describedHost(s390xHost.parse({}))),
  x86_64: toJson(x86Host.parse({})),
  aarch64: toJson(aarch64Host.parse({})),
};

const profiles = z.record(z.string(), z.record(z.string(), z.unknown())).meta({ id: 'HostProfiles' });

/** What a VM sees of the machine underneath if nobody says otherwise. */
@ApiTags('VMs')
@Controller('v1/host-profiles')
export class HostProfilesController {
  @Get()
  @operation({ summary: 'Read the default `host` of each architecture', kind: 'plain', answer: profiles })
  getHostProfiles(@Query({ schema: noQuery }) _: object): Readonly<Record<string, Json>> {
    return PROFILES;
  }
}
