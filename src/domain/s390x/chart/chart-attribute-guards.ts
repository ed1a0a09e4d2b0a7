import { documented } from '../../vm/semantics.js';
import { capabilityOf } from '../model/capabilities.js';
import type { ChartEvent } from './chart-guards.js';
import { FACILITY, hasFacility } from '../model/facilities.js';
import { machineOf } from '../model/machine.js';

interface Asked {
  readonly event: ChartEvent;
}

const wrongWith = (event: ChartEvent): string | undefined => ('wrong' in event ? event.wrong : undefined);

const enablingOf = (event: ChartEvent) =>
  event.type === 'enable_cap' ? capabilityOf(event.capability)?.enabling : undefined;

/** Conditions of the arrows about CPU model, clock, crypto controls, topology and capabilities. */
export const attributeGuards = {
  flagsGiven: ({ event }: Asked) => 'flags' in event && event.flags !== 0,
  attributeUnknown: ({ event }: Asked) => wrongWith(event) === 'unknown',
  payloadUnreadable: ({ event }: Asked) => wrongWith(event) === 'unreadable',
  payloadUnacceptable: ({ event }: Asked) => wrongWith(event) === 'unacceptable',
  withoutEffect: ({ event }: Asked) => !('fact' in event) || event.fact === undefined,

  subfuncUnwritten: ({ event: { vm } }: Asked) => vm.cpuModel?.subfunc === undefined,
  writeBeforeRead: ({ event: { vm } }: Asked) => documented(vm, 'subfuncReadBeforeWrite'),

  noKeyWrapping: ({ event: { vm } }: Asked) => !hasFacility(vm, FACILITY.messageSecurityAssist3),
  keyWrappingMustBe: ({ event: { vm } }: Asked) => !documented(vm, 'keyWrapWithoutFacility'),
  hostHasNoAp: ({ event: { vm } }: Asked) => !machineOf(vm.host).apInstructions,
  noTopology: ({ event: { vm } }: Asked) => !hasFacility(vm, FACILITY.configurationTopology),

  capabilityUnknown: ({ event }: Asked) => enablingOf(event) === undefined,
  onlyBeforeVcpus: ({ event }: Asked) => enablingOf(event)?.beforeVcpus === true,
  capabilityNotOffered: ({ event }: Asked) => enablingOf(event)?.offered(event.vm) === false,
  needsNoCmma: ({ event }: Asked) => enablingOf(event)?.largePages === true,
} as const;
