import { isKvmiCommand } from '../shapes/kvmi.js';
import { done, refused } from '../vm/decision.js';
import { VECTORS, EXCEPTIONS } from '../x86_64/vcpu/exceptions.js';
import { isCanonical } from '../x86_64/vcpu/canonical.js';
import { isSelectableMsr } from '../x86_64/vcpu/msrs.js';
import { ALWAYS_ALLOWED } from './always-allowed.js';
import { isEvent, isEventOf, isOnRequest } from './events.js';
import type { VcpuEvent } from './events.js';
import { INVALID, type Tool, type Tooled, isFlag, onVcpu } from './tool-context.js';
import { expiredTokens, isFull } from './tokens.js';

/** Version of the protocol, and bytes of the largest message: a page without its header (KVMI_VERSION, KVMI_MAX_MSG_SIZE). */
export const VERSION = { protocolVersion: 1, maxMessageSize: 4096 - 8 } as const;

/** KVMI_GET_VERSION. */
export const getVersion: Tool = () => done([], VERSION);

/** KVMI_VM_CHECK_COMMAND: ENOENT for a command that is not known, EPERM for one that is not allowed. */
export const checkCommand: Tool = ({ channel }, { id = 0 }) => {
  if (!isKvmiCommand(id)) return refused('ENOENT');
  return ALWAYS_ALLOWED.includes(id) || channel.commands.includes(id) ? done() : refused('EPERM');
};

/** KVMI_VM_CHECK_EVENT: the same of an event. */
export const checkEvent: Tool = ({ channel }, { id = 0 }) => {
  if (!isEvent(id)) return refused('ENOENT');
  return channel.events.includes(id) ? done() : refused('EPERM');
};

/** KVMI_VM_GET_INFO. Reply: `vcpuCount`. */
export const getGuestInfo: Tool = ({ vm }) => done([], { vcpuCount: vm.vcpus.size });

/** KVMI_VM_CONTROL_EVENTS: EINVAL for an event that is not the VM's, then EPERM for one that is not allowed. */
export const controlVmEvents: Tool = ({ channel }, { event = 0, enable }) => {
  if (!isFlag(enable) || !isEventOf('vm', event)) return INVALID;
  if (!channel.events.includes(event)) return refused('EPERM');
  return done([{ type: 'vm_event_controlled', event, enabled: enable === 1 }]);
};

/** KVMI_VCPU_CONTROL_EVENTS: the same of a vCPU's. Events that the tool asks for by commands are neither enabled nor disabled. */
export const controlEvents: Tool = onVcpu(({ channel }, { event = 0, enable }, { id }) => {
  if (!isFlag(enable) || !isEventOf('vcpu', event)) return INVALID;
  if (!channel.events.includes(event)) return refused('EPERM');
  if (isOnRequest(event)) return done();
  return done([{ type: 'vcpu_event_controlled', vcpu: id, event: event as VcpuEvent, enabled: enable === 1 }]);
});

/** KVMI_VM_CONTROL_CLEANUP: whether unhooking undoes interceptions; the model's end with the channel either way. */
export const controlCleanup: Tool = (_at, { enable }) =>
  isFlag(enable) ? done([{ type: 'cleanup_controlled', enabled: enable === 1 }]) : INVALID;

/** Control registers whose writes can be told. */
const TOLD_CRS: readonly (number | undefined)[] = [0, 3, 4];

/** KVMI_VCPU_CONTROL_CR: EINVAL for another register than CR0, CR3 and CR4. */
export const controlCr: Tool = onVcpu((_at, { cr = 0, enable }, { id }) =>
  isFlag(enable) && TOLD_CRS.includes(cr)
    ? done([{ type: 'cr_selected', vcpu: id, cr, enabled: enable === 1 }])
    : INVALID,
);

/** KVMI_VCPU_CONTROL_MSR: EINVAL for an index outside the two ranges that can be intercepted. */
export const controlMsr: Tool = onVcpu((_at, { msr = 0, enable }, { id }) =>
  isFlag(enable) && isSelectableMsr(msr)
    ? done([{ type: 'msr_selected', vcpu: id, msr, enabled: enable === 1 }])
    : INVALID,
);

/** Pending PAUSE_VCPU commands above which a further one is refused (MAX_PAUSE_REQUESTS). */
export const PAUSES_MAX = 1001;

/** KVMI_VM_PAUSE_VCPU: an event at the vCPU's next run. EPERM if the event is not allowed, EBUSY if too many are pending. */
export const pauseVcpu: Tool = onVcpu(({ channel }, { wait }, { id, introspection }) => {
  if (!isFlag(wait)) return INVALID;
  if (!channel.events.includes('pause_vcpu')) return refused('EPERM');
  return (introspection?.pauses ?? 0) > PAUSES_MAX ? refused('EBUSY') : done([{ type: 'vcpu_pause_asked', vcpu: id }]);
});

/**
 * KVMI_VCPU_INJECT_EXCEPTION: the guest gets it at the vCPU's next run. EINVAL for what is no exception, and for a page fault
 * at an address that is not canonical; EPERM if the trap event is not allowed; EBUSY if one is pending.
 */
export const injectException: Tool = onVcpu(({ channel }, command, { id, registers, introspection }) => {
  const { vector = 0, errorCode, address } = command;
  const at = vector === EXCEPTIONS.page_fault ? (address ?? 0n) : 0n;
  if (vector >= VECTORS || !isCanonical(at, registers.cr4)) return INVALID;
  if (!channel.events.includes('trap')) return refused('EPERM');
  if (introspection?.injection !== undefined) return refused('EBUSY');
  const given = { ...(errorCode !== undefined && { errorCode }), ...(address !== undefined && { address }) };
  return done([{ type: 'exception_injected', vcpu: id, vector, ...given }]);
});

/** What became too old is forgotten before a token is looked at. */
const forgotten = ({ introspection: { tokens } }: Tooled, time: number) => {
  const commitments = expiredTokens(tokens, time);
  return commitments.length === 0 ? [] : [{ type: 'map_tokens_expired' as const, tokens: commitments }];
};

/**
 * KVMI_GET_MAP_TOKEN: EAGAIN if too many wait to be used. Only the token's commitment gets here; the edge answers the token
 * that it made.
 */
export const getMapToken: Tool = (at, { token = '', time = 0 }) => {
  const expired = forgotten(at, time);
  if (isFull(at.introspection.tokens, time)) return refused('EAGAIN', expired);
  return done([...expired, { type: 'map_token_issued', token, time }]);
};
