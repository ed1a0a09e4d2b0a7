import { type DynamicModule, Module } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Service } from '../infra/service.js';
import { AccessesController } from './audit/accesses.controller.js';
import { AttributesController } from './vms/attributes.controller.js';
import { AuditLogController } from './audit/audit-log.controller.js';
import { CapabilitiesController } from './vms/capabilities.controller.js';
import { Closing } from './http/closing.service.js';
import { CmmaController } from './vms/cmma.controller.js';
import { Commands } from './commands/commands.service.js';
import { DocsController } from './openapi/docs.controller.js';
import { ErasuresController } from './audit/erasures.controller.js';
import { GuestController } from './vms/guest.controller.js';
import { HealthController } from './health/health.controller.js';
import { HostProfilesController } from './vms/host-profiles.controller.js';
import { HypercallsController } from './vms/hypercalls.controller.js';
import { IntrospectionController } from './vms/introspection.controller.js';
import { IntrospectionEventsController } from './vms/introspection-events.controller.js';
import { FloatingInterruptsController, InterruptsController } from './vms/interrupts.controller.js';
import { JournalController } from './audit/journal.controller.js';
import { MappingsController } from './vms/mappings.controller.js';
import { MemOpController } from './vms/memop.controller.js';
import { MemoryController } from './vms/memory.controller.js';
import { MetricsController } from './health/metrics.controller.js';
import { MemslotsController } from './vms/memslots.controller.js';
import { PvController } from './vms/pv.controller.js';
import { ReplaysController } from './audit/replays.controller.js';
import { RunController } from './vms/run.controller.js';
import { DOCUMENT, SERVICE } from './http/service.token.js';
import { SmcccController } from './vms/smccc.controller.js';
import { StorageKeysController } from './vms/storage-keys.controller.js';
import { StreamController } from './audit/stream.controller.js';
import { TranslateController } from './vms/translate.controller.js';
import { VcpuAttributesController } from './vms/vcpu-attributes.controller.js';
import { VcpuIoctlsController } from './vms/vcpu-ioctls.controller.js';
import { VcpusController } from './vms/vcpus.controller.js';
import { VmsController } from './vms/vms.controller.js';
import { WebhooksController } from './audit/webhooks.controller.js';

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
