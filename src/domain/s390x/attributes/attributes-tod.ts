import { z } from 'zod';
import { u64, u8 } from '../../shapes/scalars.js';
import type { Decision, Reply } from '../../vm/decision.js';
import type { Wrong } from '../../vm/law/law-attributes.js';
import { documented } from '../../vm/semantics.js';
import type { S390xVm } from '../../vm/state.js';
import { type AttributeGroup, type Call, NO_PAYLOAD, attribute, lawful } from '../../vm/attribute.js';
import { FACILITY, hasFacility } from '../model/facilities.js';
import { NO_OFFSET, NO_TOD, type Tod, guestTod, offsetTo } from '../model/tod.js';

const hasEpochs = (vm: S390xVm): boolean => hasFacility(vm, FACILITY.multipleEpoch);

/** Sets the guest's clock on all its vCPUs; undefined where the payload cannot be read. */
function setClock(vm: S390xVm, wanted: Tod | undefined, { flags, hostTod = NO_TOD }: Call): Decision {
  if (wanted === undefined) return lawful(vm, { type: 'set_tod', flags, wrong: 'unreadable' });
  const wrong: Wrong | undefined = wanted.epochIdx !== 0 && !hasEpochs(vm) ? 'unacceptable' : undefined;
  return lawful(vm, { type: 'set_tod', flags, wrong, fact: offsetTo(wanted, hostTod, hasEpochs(vm)) });
}

const getClock = (vm: S390xVm, { flags, hostTod = NO_TOD }: Call, reply: (tod: Tod) => Reply): Decision =>
  lawful(vm, { type: 'get_tod', flags }, reply(guestTod(vm.todOffset ?? NO_OFFSET, hostTod, hasEpochs(vm))));

const wrongHigh = (payload: { readonly value: number } | undefined): Wrong | undefined => {
  if (payload === undefined) return 'unreadable';
  return payload.value === 0 ? undefined : 'unacceptable';
};

/** KVM_S390_VM_TOD (devices/vm.rst 3; kvm_s390_set_tod, kvm_s390_get_tod). The one group that looks at `flags`. */
export const tod: AttributeGroup = {
  name: 'tod',
  number: 1,
  hasEveryNumber: false,
  attributes: [
    attribute({
      name: 'low',
      number: 0n,
      payload: z.strictObject({ value: u64 }),
      set: (vm, payload, call) => setClock(vm, payload && { epochIdx: 0, tod: payload.value }, call),
      get: (vm, call) => getClock(vm, call, (now) => ({ value: now.tod })),
      has: () => undefined,
      takes: 'host_tod',
    }),
    attribute({
      name: 'high',
      number: 1n,
      payload: z.strictObject({ value: u8 }),
      set: (vm, payload, { flags }) => lawful(vm, { type: 'set_tod', flags, wrong: wrongHigh(payload) }),
      get: (vm, { flags }) => lawful(vm, { type: 'get_tod', flags }, { value: 0n }),
      has: () => undefined,
    }),
    attribute({
      name: 'ext',
      number: 2n,
      payload: z.strictObject({ epochIdx: u8, tod: u64 }),
      set: setClock,
      get: (vm, call) => getClock(vm, call, (now) => ({ ...now })),
      has: (vm) => (documented(vm, 'todExtHas') ? undefined : 'ENXIO'),
      takes: 'host_tod',
    }),
  ],
  others: {
    name: '',
    number: -1n,
    payload: NO_PAYLOAD,
    set: (vm, _, { flags }) => lawful(vm, { type: 'set_tod', flags, wrong: 'unknown' }),
    get: (vm, { flags }) => lawful(vm, { type: 'get_tod', flags, wrong: 'unknown' }),
    has: () => 'ENXIO',
  },
};
