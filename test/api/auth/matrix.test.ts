import { ACCESS, type Access } from '../../../src/api/auth/access.js';
import { ROLES, type Role } from '../../../src/infra/access/principal.js';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { world } from '../../../src/infra/world.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/api.js';

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''));

/** What each role may do; written down a second time on purpose. */
const MAY: Readonly<Record<Exclude<Role, 'admin'>, string>> = {
  reader: `
    getHostProfiles getMetrics getLogKey listErasures listVms readJournal followJournal getReplay followReplay getVm getVmState readVmJournal findAccesses blameMemory diffVersions listVcpus getVcpu getIntrospection
    listAttributes listCapabilities checkCapability hasAttribute getAttribute hasVcpuAttribute getVcpuAttribute
    readMappings readMemory getStorageKeys getMpState getOneReg getState listFloating`,
  operator: `
    getHostProfiles getMetrics getLogKey listErasures createVm listVms readJournal followJournal startReplay getReplay followReplay getVm getVmState readVmJournal findAccesses blameMemory diffVersions
    listVcpus getVcpu getIntrospection listAttributes listCapabilities checkCapability hasAttribute getAttribute hasVcpuAttribute
    getVcpuAttribute readMappings readMemory getStorageKeys getMpState getOneReg getState listFloating destroyVm setAttribute
    setVcpuAttribute enableCapability setMemslot deleteMemslot getDirtyLog clearDirtyLog writeMemory vmMemOp
    vmMemOpBatch vcpuMemOp vcpuMemOpBatch translate translateBatch translateLegacy setStorageKeys keyOperation
    getCmmaValues setCmmaValues createVcpu setRegisters setMpState run reset setInitialPsw storeStatus setOneReg
    preFault fault ucasMap ucasUnmap inject injectFloating setState executeGuestInstruction call pvCommand pvCpuCommand
    callHypervisor hook unhook preunhook allow`,
  introspector: `
    getHostProfiles getMetrics getLogKey listErasures listVms readJournal followJournal getReplay followReplay getVm getVmState readVmJournal findAccesses blameMemory diffVersions listVcpus getVcpu getIntrospection
    listAttributes listCapabilities checkCapability listFloating unhook command getEvents reply`,
  auditor: `
    getHostProfiles getMetrics getLogKey listErasures listVms readJournal followJournal startReplay getReplay followReplay getVm getVmState readVmJournal findAccesses blameMemory diffVersions listVcpus getIntrospection
    getVcpu listAttributes listCapabilities checkCapability hasAttribute getAttribute hasVcpuAttribute
    getVcpuAttribute readMappings readMemory getStorageKeys getMpState getOneReg getState listFloating getCheckpoint
    getNewestCheckpoint addCosignatures getTile getConsistency getProof`,
};

/** What asks for a token that is not limited to labels. */
const WHOLE = wordsOf(`getMetrics getCheckpoint getNewestCheckpoint addCosignatures getTile getConsistency getProof`);

const PUBLIC = ['getHealth', 'getReadiness', 'getDocument', 'getDocs'];

interface Listed {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

/** Which VM a token asks for: one with its label, one with another, or one that is not there. */
const VMS = { own: 'mine', foreign: 'theirs', missing: 'nobody' } as const;

type Target = keyof typeof VMS;

/** Who asks: with one role or none, limited to a label or not; or without a token. */
type Caller = { readonly role: Role | 'none'; readonly label: string | undefined } | undefined;

const CALLERS: readonly Caller[] = [
  undefined,
  ...([...ROLES, 'none'] as const).flatMap((role) => [undefined, 'team=a'].map((label) => ({ role, label }))),
];

const nameOf = (caller: Caller): string =>
  caller === undefined ? 'nobody' : `${caller.role}${caller.label === undefined ? '' : ` of ${caller.label}`}`;

describe('who may do what', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'matrix-'));
  const store = new TokenStore(dataDir, world);
  const tokens = new Map<string, string>();
  let api: Api;
  let operations: Listed[] = [];

  const send = (caller: Caller, { method, path }: Listed, vm: string) => {
    const token = tokens.get(nameOf(caller));
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // No operation has such a parameter: what passes is 400, and nothing happens.
    const url = `${path.replace('{vm}', vm).replaceAll(/\{\w+\}/g, '0')}?nope=1`;
    return api.raw(method.toUpperCase(), url, undefined, headers);
  };

  beforeAll(async () => {
    for (const caller of CALLERS) {
      if (caller === undefined) continue;
      const roles = caller.role === 'none' ? [] : [caller.role];
      const labels = caller.label === undefined ? [] : [caller.label];
      tokens.set(nameOf(caller), store.create({ actor: 'somebody', roles, labels }).token);
    }
    api = await Api.start({}, { tokens: [serviceTokens(store)] });
    const admin = { authorization: `Bearer ${tokens.get('admin') ?? ''}` };
    await api.done('POST', '/v1/vms', { id: 'mine', arch: 's390x', labels: { team: 'a' } }, admin);
    await api.done('POST', '/v1/vms', { id: 'theirs', arch: 's390x', labels: { team: 'b' } }, admin);
    const document = (await api.done('GET', '/openapi.json')) as {
      readonly paths: Record<string, Record<string, { readonly operationId: string }>>;
    };
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => ({ name: operationId, method, path })),
    );
  });
  afterAll(async () => {
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  it('is said of every operation, and of no other', () =>
    expect(operations.map(({ name }) => name).sort()).toEqual(Object.keys(ACCESS).sort()));

  it('is about one VM exactly where the path names one', () => {
    const about = operations.filter(({ name }) => (ACCESS[name] as Access).reach === 'vm');
    expect(about).toEqual(operations.filter(({ path }) => path.includes('{vm}')));
  });

  it('is open to everybody for nothing but health and documentation', () =>
    expect(Object.keys(ACCESS).filter((name) => ACCESS[name] === 'public')).toEqual(PUBLIC));

  it('is not told to a role that has no name', () => {
    for (const names of Object.values(MAY))
      for (const name of wordsOf(names)) expect(operations.map((operation) => operation.name)).toContain(name);
  });

  /** The status of a request that has a parameter too many, and the type of its problem. */
  function expected(caller: Caller, { name, path }: Listed, target: Target): readonly [number, string] {
    const passes = [400, 'malformed-request'] as const;
    if (PUBLIC.includes(name)) return passes;
    if (caller === undefined) return [401, 'unauthenticated'];
    const { role, label } = caller;
    const may = role === 'admin' || (role !== 'none' && wordsOf(MAY[role]).has(name));
    if (!may || (WHOLE.has(name) && label !== undefined)) return [403, 'forbidden'];
    return path.includes('{vm}') && label !== undefined && target !== 'own' ? [404, 'unknown-vm'] : passes;
  }

  describe.each(CALLERS.map((caller) => [nameOf(caller), caller] as const))('%s', (_name, caller) => {
    it.each(Object.keys(VMS) as Target[])(
      'asks for the VM of the kind: %s',
      async (target) => {
        const found = [];
        const wanted = [];
        for (const operation of operations) {
          const response = await send(caller, operation, VMS[target]);
          const text = await response.text();
          const status = expected(caller, operation, target);
          wanted.push([operation.name, ...status]);
          if (operation.method === 'head') {
            found.push([operation.name, response.status, status[1]]);
            continue;
          }
          const { type } = JSON.parse(text) as { readonly type: string };
          found.push([operation.name, response.status, type.replace('urn:vmledger:problem:', '')]);
        }
        expect(found).toEqual(wanted);
      },
      60_000,
    );
  });

  it('is answered of a foreign VM as of one that is not there, to the letter', async () => {
    const caller = { role: 'operator', label: 'team=a' } as const;
    for (const operation of operations) {
      const seen = await Promise.all(
        [VMS.foreign, VMS.missing].map(async (vm) => {
          const response = await send(caller, operation, vm);
          const headers = [...response.headers].filter(
            ([name]) => !['date', 'x-request-id', 'content-length'].includes(name),
          );
          return { status: response.status, headers, text: (await response.text()).replaceAll(vm, 'VM') };
        }),
      );
      expect([operation.name, seen[0]]).toEqual([operation.name, seen[1]]);
    }
  });
});
