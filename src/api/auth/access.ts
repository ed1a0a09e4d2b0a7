import type { Principal, Role } from '../../infra/access/principal.js';

/** What an operation is about: one VM, which must be there for whoever asks; VMs, of which it tells of those alone; all there are; or none. */
export type Reach = 'vm' | 'own' | 'all' | 'none';

/** Who may do something, beside `admin`, who may do everything. */
export interface Access {
  readonly roles: readonly Role[];
  readonly reach: Reach;
}

/** Looks at what the service knows. */
const LOOK: readonly Role[] = ['reader', 'operator', 'introspector', 'auditor'];
/** Looks into a guest, and changes nothing; it is recorded. */
const PROBE: readonly Role[] = ['reader', 'operator', 'auditor'];
/** Does what a VMM, a guest or a host does to a VM. */
const DRIVE: readonly Role[] = ['operator'];
/** Is the tool that introspects a VM. */
const INTROSPECT: readonly Role[] = ['introspector'];
/** Proves what was to others. */
const AUDIT: readonly Role[] = ['auditor'];

/** Decides where the service sends what it knows, and what it is to forget. */
const ADMINISTER: Access = { roles: [], reach: 'own' };

const vm = (roles: readonly Role[]): Access => ({ roles, reach: 'vm' });

/** Every operation by its name in the OpenAPI document; one that is not here is for `admin` alone. */
export const ACCESS: Readonly<Record<string, Access | 'public'>> = {
  getHealth: 'public',
  getReadiness: 'public',
  getDocument: 'public',
  getDocs: 'public',

  getHostProfiles: { roles: LOOK, reach: 'none' },
  createVm: { roles: DRIVE, reach: 'own' },
  listVms: { roles: LOOK, reach: 'own' },
  readJournal: { roles: LOOK, reach: 'own' },
  followJournal: { roles: LOOK, reach: 'own' },
  startReplay: { roles: ['operator', 'auditor'], reach: 'own' },
  getReplay: { roles: LOOK, reach: 'own' },
  followReplay: { roles: LOOK, reach: 'own' },

  getMetrics: { roles: LOOK, reach: 'all' },

  createWebhook: ADMINISTER,
  listWebhooks: ADMINISTER,
  getWebhook: ADMINISTER,
  changeWebhook: ADMINISTER,
  removeWebhook: ADMINISTER,
  resumeWebhook: ADMINISTER,

  eraseMemory: ADMINISTER,
  listErasures: { roles: LOOK, reach: 'own' },

  getLogKey: { roles: LOOK, reach: 'none' },
  getCheckpoint: { roles: AUDIT, reach: 'all' },
  getNewestCheckpoint: { roles: AUDIT, reach: 'all' },
  addCosignatures: { roles: AUDIT, reach: 'all' },
  getTile: { roles: AUDIT, reach: 'all' },
  getConsistency: { roles: AUDIT, reach: 'all' },
  getProof: { roles: AUDIT, reach: 'all' },
  findAccesses: { roles: LOOK, reach: 'own' },

  getVm: vm(LOOK),
  getVmState: vm(LOOK),
  readVmJournal: vm(LOOK),
  blameMemory: vm(LOOK),
  diffVersions: vm(LOOK),
  listVcpus: vm(LOOK),
  listFloating: vm(LOOK),
  getVcpu: vm(LOOK),
  listAttributes: vm(LOOK),
  listCapabilities: vm(LOOK),
  checkCapability: vm(LOOK),

  getIntrospection: vm(LOOK),

  hasAttribute: vm(PROBE),
  getAttribute: vm(PROBE),
  hasVcpuAttribute: vm(PROBE),
  getVcpuAttribute: vm(PROBE),
  readMappings: vm(PROBE),
  readMemory: vm(PROBE),
  getStorageKeys: vm(PROBE),
  getMpState: vm(PROBE),
  getOneReg: vm(PROBE),
  getState: vm(PROBE),

  destroyVm: vm(DRIVE),
  setAttribute: vm(DRIVE),
  setVcpuAttribute: vm(DRIVE),
  enableCapability: vm(DRIVE),
  setMemslot: vm(DRIVE),
  deleteMemslot: vm(DRIVE),
  getDirtyLog: vm(DRIVE),
  clearDirtyLog: vm(DRIVE),
  writeMemory: vm(DRIVE),
  vmMemOp: vm(DRIVE),
  vmMemOpBatch: vm(DRIVE),
  vcpuMemOp: vm(DRIVE),
  vcpuMemOpBatch: vm(DRIVE),
  translate: vm(DRIVE),
  translateBatch: vm(DRIVE),
  translateLegacy: vm(DRIVE),
  setStorageKeys: vm(DRIVE),
  keyOperation: vm(DRIVE),
  getCmmaValues: vm(DRIVE),
  setCmmaValues: vm(DRIVE),
  createVcpu: vm(DRIVE),
  setRegisters: vm(DRIVE),
  setMpState: vm(DRIVE),
  run: vm(DRIVE),
  reset: vm(DRIVE),
  setInitialPsw: vm(DRIVE),
  storeStatus: vm(DRIVE),
  setOneReg: vm(DRIVE),
  preFault: vm(DRIVE),
  fault: vm(DRIVE),
  ucasMap: vm(DRIVE),
  ucasUnmap: vm(DRIVE),
  inject: vm(DRIVE),
  injectFloating: vm(DRIVE),
  setState: vm(DRIVE),
  executeGuestInstruction: vm(DRIVE),
  call: vm(DRIVE),
  pvCommand: vm(DRIVE),
  pvCpuCommand: vm(DRIVE),
  callHypervisor: vm(DRIVE),
  hook: vm(DRIVE),
  preunhook: vm(DRIVE),
  allow: vm(DRIVE),

  unhook: vm(['operator', 'introspector']),
  command: vm(INTROSPECT),
  getEvents: vm(INTROSPECT),
  reply: vm(INTROSPECT),
};

const NOBODY: Access = { roles: [], reach: 'all' };

/** Who may do something. */
export const accessTo = (operation: string): Access | 'public' =>
  (Object.hasOwn(ACCESS, operation) ? ACCESS[operation] : undefined) ?? NOBODY;

/** Whether anybody may do something, without saying who it is. */
export const isPublic = (operation: string): boolean => accessTo(operation) === 'public';

/** Whether somebody's roles let him do something. */
export const isAllowed = ({ roles }: Access, { roles: own }: Principal): boolean =>
  own.has('admin') || roles.some((role) => own.has(role));
