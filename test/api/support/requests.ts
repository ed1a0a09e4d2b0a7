import { type Api, base64 } from './api.js';

/** A good request to an operation. */
export interface GoodRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const good = (operation: string, request: string, body?: unknown): GoodRequest => {
  const [method = '', path = ''] = request.split(' ');
  return { operation, method, path: path.replace(/^:/, '/v1/vms/'), body };
};

const MEMOP = { op: 'absolute_read', gaddr: 0, size: 5 };
const UCAS = { userAddr: 0, vcpuAddr: 0, length: '0x100000' };
const WEBHOOK = { url: 'http://127.0.0.1:9/', filter: { vm: 'nobody' } };

/** What requests name that the service named. */
interface Prepared {
  readonly webhook: string;
  readonly replay: string;
  readonly checkpoint: string;
}

/** VMs of each kind, a webhook and a replay, to which `goodRequests` are made. */
export async function prepare(api: Api): Promise<Prepared> {
  await api.machine('s');
  for (const [id, arch] of [
    ['x', 'x86_64'],
    ['a', 'aarch64'],
  ]) {
    await api.done('POST', '/v1/vms', { id, arch });
    await api.done('PUT', `/v1/vms/${String(id)}/memslots/0`, { guestPhysAddr: 0, size: '0x100000' });
    await api.done('POST', `/v1/vms/${String(id)}/vcpus`, { id: 0 });
  }
  await api.done('POST', '/v1/vms', { id: 'u', arch: 's390x', type: 'ucontrol' });
  await api.done('POST', '/v1/vms/u/vcpus', { id: 0 });
  await api.done('POST', '/v1/vms/x/introspection/hook', {});
  await api.done('POST', '/v1/vms/x/introspection/allow', { command: 'all', allow: 1 });
  const { id: webhook } = await api.done('POST', '/v1/webhooks', WEBHOOK);
  const { id: replay } = await api.done('POST', '/v1/replays', { vm: 's' });
  const checkpoint = await (await api.raw('GET', '/v1/audit/log/checkpoint')).text();
  return { webhook: String(webhook), replay: String(replay), checkpoint };
}

/** One good request to each operation, in any order: what they do is either nothing or can be done again. */
export const goodRequests = ({ webhook, replay, checkpoint }: Prepared): readonly GoodRequest[] => [
  good('createVm', 'POST /v1/vms', { arch: 's390x' }),
  good('listVms', 'GET /v1/vms'),
  good('getVm', 'GET :s'),
  good('destroyVm', 'DELETE :u'),
  good('getVmState', 'GET :s/state'),
  good('setMemslot', 'PUT :s/memslots/1', { guestPhysAddr: '0x10000000', size: 4096 }),
  good('deleteMemslot', 'DELETE :a/memslots/0'),
  good('getDirtyLog', 'GET :s/memslots/0/dirty-log'),
  good('clearDirtyLog', 'POST :x/memslots/0/dirty-log/clear', {}),
  good('writeMemory', 'PUT :s/memory', { gpa: 0, data: 'AAAA' }),
  good('readMemory', 'GET :s/memory?gpa=0&size=8'),
  good('createVcpu', 'POST :s/vcpus', { id: 5 }),
  good('listVcpus', 'GET :s/vcpus?version=3'),
  good('getVcpu', 'GET :s/vcpus/0?version=3'),
  good('setRegisters', 'PATCH :s/vcpus/0/registers', { pp: 0 }),
  good('getMpState', 'GET :s/vcpus/0/mp-state'),
  good('setMpState', 'PUT :s/vcpus/0/mp-state', { mpState: 'stopped' }),
  good('run', 'POST :s/vcpus/0/run', {}),
  good('reset', 'POST :s/vcpus/0/reset', { type: 'normal' }),
  good('setInitialPsw', 'POST :s/vcpus/0/initial-psw', { mask: '0x180000000', addr: 0 }),
  good('storeStatus', 'POST :s/vcpus/0/store-status', { addr: 0 }),
  good('injectFloating', 'POST :s/interrupts', { type: 'int_service', parm: 4 }),
  good('listFloating', 'GET :s/interrupts?version=3'),
  good('inject', 'POST :s/vcpus/0/interrupts', { type: 'restart' }),
  good('getState', 'GET :s/vcpus/0/interrupts?len=4096'),
  good('setState', 'PUT :s/vcpus/0/interrupts', { interrupts: [{ type: 'restart' }] }),
  good('getOneReg', 'GET :s/vcpus/0/one-reg/0x5030000000000008'),
  good('setOneReg', 'PUT :s/vcpus/0/one-reg/0x5030000000000008', { value: 1 }),
  good('preFault', 'POST :s/vcpus/0/pre-fault', { gpa: 0, size: 4096 }),
  good('fault', 'POST :s/vcpus/0/fault', { addr: 0 }),
  good('ucasMap', 'POST :u/vcpus/0/ucas/map', UCAS),
  good('ucasUnmap', 'POST :u/vcpus/0/ucas/unmap', UCAS),
  good('hasVcpuAttribute', 'HEAD :a/vcpus/0/attributes/pvtime_ctrl/ipa'),
  good('getVcpuAttribute', 'GET :a/vcpus/0/attributes/pvtime_ctrl/ipa'),
  good('setVcpuAttribute', 'PUT :a/vcpus/0/attributes/pvtime_ctrl/ipa', { value: 0 }),
  good('call', 'POST :a/vcpus/0/smccc', { conduit: 'hvc', functionId: '0x80000000' }),
  good('callHypervisor', 'POST :x/vcpus/0/hypercalls', { nr: 1 }),
  good('getIntrospection', 'GET :x/introspection'),
  good('hook', 'POST :x/introspection/hook', {}),
  good('allow', 'POST :x/introspection/allow', { command: 'all', allow: 1 }),
  good('command', 'POST :x/introspection/commands', { command: 'get_version' }),
  good('getEvents', 'GET :x/introspection/events'),
  good('reply', 'POST :x/introspection/events/7/reply', { action: 'continue' }),
  good('preunhook', 'POST :x/introspection/preunhook', {}),
  good('unhook', 'POST :x/introspection/unhook', {}),
  good('vmMemOp', 'POST :s/memop', MEMOP),
  good('vcpuMemOp', 'POST :s/vcpus/0/memop', { ...MEMOP, op: 'logical_read' }),
  good('vmMemOpBatch', 'POST :s/memop/batch', { ops: [MEMOP] }),
  good('vcpuMemOpBatch', 'POST :s/vcpus/0/memop/batch', { ops: [{ ...MEMOP, op: 'logical_read' }] }),
  good('translate', 'POST :s/vcpus/0/translate', { gaddr: 0 }),
  good('translateBatch', 'POST :s/vcpus/0/translate/batch', { ops: [{ gaddr: 0 }] }),
  good('translateLegacy', 'POST :x/vcpus/0/translate/legacy', { linearAddress: 0 }),
  good('readMappings', 'GET :x/vcpus/0/mappings?from=0&to=0x1000'),
  good('listAttributes', 'GET :s/attributes'),
  good('hasAttribute', 'HEAD :s/attributes/mem_ctrl/limit_size'),
  good('getAttribute', 'GET :s/attributes/mem_ctrl/limit_size'),
  good('setAttribute', 'PUT :s/attributes/tod/low', { value: 0 }),
  good('listCapabilities', 'GET :s/capabilities'),
  good('checkCapability', 'GET :s/capabilities/s390_mem_op'),
  good('enableCapability', 'PUT :s/capabilities/s390_user_sigp', {}),
  good('getStorageKeys', 'GET :s/storage-keys?startGfn=0&count=1'),
  good('setStorageKeys', 'PUT :s/storage-keys', { startGfn: 0, count: 1, keys: 'EA==' }),
  good('keyOperation', 'POST :s/storage-keys/keyop', { op: 'iske', gaddr: 0 }),
  good('getCmmaValues', 'GET :s/cmma?startGfn=0&count=1&peek=true'),
  good('setCmmaValues', 'PUT :s/cmma', { startGfn: 0, count: 1, mask: 3, values: 'AQ==' }),
  good('executeGuestInstruction', 'POST :s/vcpus/0/guest', { instruction: 'iske', gaddr: 0 }),
  good('pvCommand', 'POST :s/pv', { command: 'verify' }),
  good('pvCpuCommand', 'POST :s/vcpus/0/pv', { command: 'unpack' }),
  good('readJournal', 'GET /v1/journal'),
  good('readVmJournal', 'GET :s/journal'),
  good('findAccesses', 'GET /v1/audit/accesses?vm=s'),
  good('blameMemory', 'GET :s/memory/blame?gpa=0&size=4096'),
  good('diffVersions', 'GET :s/diff?from=1&to=2'),
  good('eraseMemory', 'POST /v1/audit/erasures', { vm: 'a', reason: 'asked to' }),
  good('listErasures', 'GET /v1/audit/erasures'),
  good('getLogKey', 'GET /v1/audit/log/key'),
  good('getCheckpoint', 'GET /v1/audit/log/checkpoint'),
  good('getNewestCheckpoint', 'GET /v1/audit/log/checkpoint/newest'),
  good('addCosignatures', 'POST /v1/audit/log/cosignatures', { checkpoint }),
  good('getTile', 'GET /v1/audit/log/tile/0/000.p/1'),
  good('getConsistency', 'GET /v1/audit/log/consistency?from=0&to=1'),
  good('getProof', 'GET /v1/audit/proofs/1'),
  good('followJournal', 'GET /v1/journal/stream'),
  good('createWebhook', 'POST /v1/webhooks', WEBHOOK),
  good('listWebhooks', 'GET /v1/webhooks'),
  good('getWebhook', `GET /v1/webhooks/${webhook}`),
  good('changeWebhook', `PATCH /v1/webhooks/${webhook}`, { description: base64('changed') }),
  good('resumeWebhook', `POST /v1/webhooks/${webhook}/resume`, {}),
  good('removeWebhook', `DELETE /v1/webhooks/${webhook}`),
  good('startReplay', 'POST /v1/replays', { vm: 's' }),
  good('getReplay', `GET /v1/replays/${replay}`),
  good('followReplay', `GET /v1/replays/${replay}/events`),
  good('getHostProfiles', 'GET /v1/host-profiles'),
  good('getHealth', 'GET /healthz'),
  good('getReadiness', 'GET /readyz'),
  good('getMetrics', 'GET /metrics'),
  good('getDocument', 'GET /openapi.json'),
  good('getDocs', 'GET /docs'),
];
