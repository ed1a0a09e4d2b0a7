import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBody } from '../../../src/domain/audit/record.js';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { world } from '../../../src/infra/world.js';
import { Api } from '../support/api.js';
import { goodRequests, prepare } from '../support/requests.js';

/** Operations that leave no record: they read what the service itself keeps, or are about nothing that is in the journal. */
const UNRECORDED = `
  listVms getVm getVmState getIntrospection getEvents listAttributes listCapabilities checkCapability
  readJournal readVmJournal findAccesses blameMemory listErasures followJournal
  getLogKey getCheckpoint getNewestCheckpoint addCosignatures getTile getConsistency getProof
  createWebhook listWebhooks getWebhook changeWebhook resumeWebhook removeWebhook
  startReplay getReplay followReplay getHostProfiles getHealth getReadiness getMetrics getDocument getDocs`;

describe('every record', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'actor-'));
  const tokensDir = mkdtempSync(join(tmpdir(), 'actor-tokens-'));
  const store = new TokenStore(tokensDir, world);
  let api: Api;
  afterAll(async () => {
    await api.close();
    store.close();
    for (const folder of [dataDir, tokensDir]) rmSync(folder, { recursive: true });
  });

  it('names who asked, and by which request, whatever the operation', async () => {
    const open = await Api.start({ dataDir });
    const requests = goodRequests(await prepare(open));
    await open.close();
    api = await Api.start({ dataDir }, { tokens: [serviceTokens(store)] });
    const silent: string[] = [];
    for (const { operation, method, path, body } of requests) {
      const { token } = store.create({ actor: `who-${operation}`, roles: ['admin'], labels: [] });
      const after = await api.head();
      const response = await api.raw(method, path, body === undefined ? undefined : JSON.stringify(body), {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        authorization: `Bearer ${token}`,
        'x-request-id': `by-${operation}`,
      });
      if (response.headers.get('content-type') === 'text/event-stream') await response.body?.cancel();
      else await response.arrayBuffer();
      const records = await api.service.journal.read({ after, limit: 100 });
      if (records.length === 0) silent.push(operation);
      for (const { bytes } of records)
        expect(parseBody(bytes)).toMatchObject({ actor: `who-${operation}`, requestId: `by-${operation}` });
    }
    expect(silent.sort()).toEqual(UNRECORDED.split(/\s+/).filter(Boolean).sort());
  }, 60_000);
});
