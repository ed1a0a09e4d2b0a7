import { base64 } from './api.js';

/** A request that changes something, or is refused to; `expected` is the status of its answer, 200 if absent. */
export interface Change {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly octets?: string;
  readonly accept?: string;
  readonly expected?: number;
  /** False if it never reached the machine. */
  readonly isKept?: boolean;
}

const change = (request: string, body?: unknown, more: Partial<Change> = {}): Change => {
  const [method = '', path = ''] = request.split(' ');
  return { method, path: `/v1/${path}`, body, ...more };
};

const S = 'vms/s';
const X = 'vms/x';
const A = 'vms/a';
const U = 'vms/u';

/** Requests to be sent in this order to an empty service: at least one for every operation that changes something, by its name. */
export const CHANGES: readonly (readonly [operation: string, change: Change])[] = [
  ['createVm', change('POST vms', { id: 's', arch: 's390x', labels: { a: 'ü"' } }, { expected: 201 })],
  ['createVm', change('POST vms', { arch: 's390x', name: 'of an id that the service chose' }, { expected: 201 })],
  ['createVm', change('POST vms', { id: 'x', arch: 'x86_64' }, { expected: 201 })],
  ['createVm', change('POST vms', { id: 'a', arch: 'aarch64' }, { expected: 201 })],
  ['createVm', change('POST vms', { id: 'u', arch: 's390x', type: 'ucontrol' }, { expected: 201 })],
  ['createVm', change('POST vms', { id: 's', arch: 's390x' }, { expected: 409 })],
  ['setMemslot', change(`PUT ${S}/memslots/0`, { guestPhysAddr: 0, size: '0x100000', flags: ['log_dirty_pages'] })],
  ['setMemslot', change(`PUT ${S}/memslots/1`, { guestPhysAddr: 1, size: 4096 }, { expected: 400 })],
  ['setMemslot', change(`PUT ${X}/memslots/0`, { guestPhysAddr: 0, size: '0x100000' })],
  ['clearDirtyLog', change(`POST ${X}/memslots/0/dirty-log/clear`, {}, { expected: 404 })],
  ['writeMemory', change(`PUT ${S}/memory?gpa=0x1000`, undefined, { octets: 'bytes' })],
  ['writeMemory', change(`PUT ${S}/memory`, { writes: [{ gpa: 0, data: 'AAAA' }] })],
  ['writeMemory', change(`PUT ${S}/memory?gpa=0x9000000`, undefined, { octets: 'bytes', expected: 422 })],
  ['setAttribute', change(`PUT ${S}/attributes/mem_ctrl/enable_cmma`, {})],
  ['enableCapability', change(`PUT ${S}/capabilities/s390_ri`, {})],
  ['createVcpu', change(`POST ${S}/vcpus`, { id: 0 }, { expected: 201 })],
  ['createVcpu', change(`POST ${S}/vcpus`, { id: 0 }, { expected: 409 })],
  ['createVcpu', change(`POST ${X}/vcpus`, { id: 0 }, { expected: 201 })],
  ['createVcpu', change(`POST ${A}/vcpus`, { id: 0 }, { expected: 201 })],
  ['createVcpu', change(`POST ${U}/vcpus`, { id: 0 }, { expected: 201 })],
  ['setRegisters', change(`PATCH ${S}/vcpus/0/registers`, { psw: { mask: '0x180000000', addr: 0 } })],
  ['setMpState', change(`PUT ${S}/vcpus/0/mp-state`, { mpState: 'operating' })],
  ['vmMemOp', change(`POST ${S}/memop`, { op: 'absolute_write', gaddr: 0, size: 5, data: base64('hello') })],
  ['vmMemOp', change(`POST ${S}/memop?op=absolute_write&gaddr=0`, undefined, { octets: 'hello' })],
  [
    'vmMemOp',
    change(`POST ${S}/memop`, { op: 'absolute_read', gaddr: 0, size: 5 }, { accept: 'application/octet-stream' }),
  ],
  ['vmMemOpBatch', change(`POST ${S}/memop/batch`, { ops: [{ op: 'absolute_read', gaddr: 0, size: 5 }] })],
  ['vcpuMemOp', change(`POST ${S}/vcpus/0/memop`, { op: 'logical_read', gaddr: 0, size: 5 })],
  [
    'vcpuMemOp',
    change(
      `POST ${S}/vcpus/0/memop`,
      { op: 'logical_read', gaddr: '0x9000000', size: 5 },
      { accept: 'application/octet-stream' },
    ),
  ],
  ['vcpuMemOpBatch', change(`POST ${S}/vcpus/0/memop/batch`, { ops: [{ op: 'logical_read', gaddr: 0, size: 5 }] })],
  ['translate', change(`POST ${S}/vcpus/0/translate`, { gaddr: 0 })],
  ['translate', change(`POST ${S}/vcpus/0/translate`, { gaddr: 0 }, { accept: 'text/plain' })],
  ['translate', change(`POST ${X}/vcpus/0/translate`, { linearAddress: 0 })],
  ['translateBatch', change(`POST ${S}/vcpus/0/translate/batch`, { ops: [{ gaddr: 0 }] })],
  ['translateBatch', change(`POST ${S}/vcpus/0/translate/batch`, { ops: [{ gaddr: 0 }] }, { accept: 'text/plain' })],
  ['translateLegacy', change(`POST ${X}/vcpus/0/translate/legacy`, { linearAddress: 0 })],
  ['setStorageKeys', change(`PUT ${S}/storage-keys`, { startGfn: 0, count: 2, keys: 'EBA=' })],
  ['keyOperation', change(`POST ${S}/storage-keys/keyop`, { op: 'iske', gaddr: 0 })],
  ['setCmmaValues', change(`PUT ${S}/cmma`, { startGfn: 0, count: 1, mask: 3, values: 'AQ==' })],
  ['executeGuestInstruction', change(`POST ${S}/vcpus/0/guest`, { instruction: 'iske', gaddr: 0 })],
  ['inject', change(`POST ${S}/vcpus/0/interrupts`, { type: 'restart' })],
  ['injectFloating', change(`POST ${S}/interrupts`, {}, { expected: 422 })],
  ['setState', change(`PUT ${S}/vcpus/0/interrupts`, { interrupts: [{ type: 'restart' }] }, { expected: 409 })],
  ['run', change(`POST ${S}/vcpus/0/run`, {})],
  ['storeStatus', change(`POST ${S}/vcpus/0/store-status`, { addr: '0xffffffffffffffff' })],
  ['reset', change(`POST ${S}/vcpus/0/reset`, { type: 'normal' })],
  ['setMpState', change(`PUT ${S}/vcpus/0/mp-state`, { mpState: 'stopped' })],
  ['setInitialPsw', change(`POST ${S}/vcpus/0/initial-psw`, { mask: '0x180000000', addr: 0 })],
  ['setOneReg', change(`PUT ${S}/vcpus/0/one-reg/0x5030000000000008`, { value: 1 })],
  ['preFault', change(`POST ${S}/vcpus/0/pre-fault`, { gpa: 0, size: 4096 })],
  ['fault', change(`POST ${S}/vcpus/0/fault`, { addr: 0 })],
  ['ucasMap', change(`POST ${U}/vcpus/0/ucas/map`, { userAddr: 0, vcpuAddr: 0, length: '0x100000' })],
  ['ucasUnmap', change(`POST ${U}/vcpus/0/ucas/unmap`, { userAddr: 0, vcpuAddr: 0, length: '0x100000' })],
  ['pvCommand', change(`POST ${S}/pv`, { command: 'verify' }, { expected: 400 })],
  ['pvCpuCommand', change(`POST ${S}/vcpus/0/pv`, { command: 'unpack' }, { expected: 400 })],
  ['setVcpuAttribute', change(`PUT ${A}/vcpus/0/attributes/0/0`, {}, { expected: 404 })],
  ['call', change(`POST ${A}/vcpus/0/smccc`, { conduit: 'hvc', functionId: '0x80000000' })],
  ['hook', change(`POST ${X}/introspection/hook`, {})],
  ['allow', change(`POST ${X}/introspection/allow`, { command: 'all', allow: 1 })],
  ['command', change(`POST ${X}/introspection/commands`, { command: 'get_version' })],
  ['command', change(`POST ${X}/introspection/commands`, { command: 'get_map_token' })],
  ['reply', change(`POST ${X}/introspection/events/7/reply`, { action: 'continue' }, { expected: 404 })],
  ['preunhook', change(`POST ${X}/introspection/preunhook`, {}, { expected: 404 })],
  ['unhook', change(`POST ${X}/introspection/unhook`, {})],
  ['callHypervisor', change(`POST ${X}/vcpus/0/hypercalls`, { nr: 1 })],
  ['createWebhook', change('POST webhooks', { url: 'http://127.0.0.1:9/hook' }, { expected: 201 })],
  ['changeWebhook', change('PATCH webhooks/id-2', { description: 'changed' })],
  ['resumeWebhook', change('POST webhooks/id-2/resume', {})],
  ['removeWebhook', change('DELETE webhooks/id-2')],
  ['startReplay', change('POST replays', { vm: 's' }, { expected: 202 })],
  ['addCosignatures', change('POST audit/log/cosignatures', { checkpoint: 'none' }, { expected: 400, isKept: false })],
  ['eraseMemory', change('POST audit/erasures', { vm: 'a', reason: 'asked to' }, { expected: 201 })],
  ['deleteMemslot', change(`DELETE ${S}/memslots/0`)],
  ['destroyVm', change(`DELETE ${S}`)],
];

/** The options of `fetch` for a change. */
export function requestOf(
  { method, body, octets, accept }: Change,
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  const type = body === undefined ? octets && 'application/octet-stream' : 'application/json';
  return {
    method,
    headers: { ...(type && { 'content-type': type }), ...(accept !== undefined && { accept }), ...headers },
    ...((body !== undefined || octets !== undefined) && { body: octets ?? JSON.stringify(body) }),
  };
}
