import { type DynamicModule, Module } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Service } from '../infra/service.js';
import { AccessesController } from './accesses.controller.js';
import { AttributesController } from './attributes.controller.js';
import { AuditLogController } from './audit-log.controller.js';
import { CapabilitiesController } from './capabilities.controller.js';
import { Closing } from './closing.service.js';
import { CmmaController } from './cmma.controller.js';
import { Commands } from './commands.service.js';
import { DocsController } from './docs.controller.js';
import { ErasuresController } from './erasures.controller.js';
import { GuestController } from './guest.controller.js';
import { HealthController } from './health.controller.js';
import { HostProfilesController } from './host-profiles.controller.js';
import { HypercallsController } from './hypercalls.controller.js';
import { IntrospectionController } from './introspection.controller.js';
import { IntrospectionEventsController } from './introspection-events.controller.js';
import { FloatingInterruptsController, InterruptsController } from './interrupts.controller.js';
import { JournalController } from './journal.controller.js';
import { MappingsController } from './mappings.controller.js';
import { MemOpController } from './memop.controller.js';
import { MemoryController } from './memory.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MemslotsController } from './memslots.controller.js';
import { PvController } from './pv.controller.js';
import { ReplaysController } from './replays.controller.js';
import { RunController } from './run.controller.js';
import { DOCUMENT, SERVICE } from './service.token.js';
import { SmcccController } from './smccc.controller.js';
import { StorageKeysController } from './storage-keys.controller.js';
import { StreamController } from './stream.controller.js';
import { TranslateController } from './translate.controller.js';
import { VcpuAttributesController } from './vcpu-attributes.controller.js';
import { VcpuIoctlsController } from './vcpu-ioctls.controller.js';
import { VcpusController } from './vcpus.controller.js';
import { VmsController } from './vms.controller.js';
import { WebhooksController } from './webhooks.controller.js';

const controllers = [
  VmsController,
  MemslotsController,
  MemoryController,
  VcpusController,
  RunController,
  FloatingInterruptsController,
  InterruptsController,
  VcpuIoctlsController,
  VcpuAttributesController,
  SmcccController,
  HypercallsController,
  IntrospectionController,
  IntrospectionEventsController,
  MemOpController,
  TranslateController,
  MappingsController,
  AttributesController,
  CapabilitiesController,
  StorageKeysController,
  CmmaController,
  GuestController,
  PvController,
  JournalController,
  AuditLogController,
  AccessesController,
  ErasuresController,
  StreamController,
  WebhooksController,
  ReplaysController,
  HostProfilesController,
  HealthController,
  MetricsController,
  DocsController,
];

/** The REST API of a service. */
@Module({})
export class AppModule {
  /** @param document makes the OpenAPI document, once all routes are there */
  static of(service: Service, document: () => OpenAPIObject): DynamicModule {
    return {
      module: AppModule,
      controllers,
      providers: [
        Commands,
        Closing,
        { provide: SERVICE, useValue: service },
        { provide: DOCUMENT, useValue: document },
      ],
    };
  }
}
