import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseCheckpoint } from '../../src/domain/audit/tlog/checkpoint.js';
import { startProcess } from '../support/process.js';
import { vmledger } from './cli/cli.js';

const ROUNDS = 3;

const PRELOAD = join(dirname(dirname(fileURLToPath(import.meta.url))), 'support', 'kill-before-answer.mjs');

describe('kill -9 between a record and the checkpoint over it', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'log-crash-'));
  afterAll(() => rmSync(dataDir, { recursive: true }));

  const signed = (): number =>
    parseCheckpoint(readFileSync(join(dataDir, 'log', 'checkpoint'), 'utf8'))?.size ?? Number.NaN;
  const verify = async () => {
    const { stdout, code } = await vmledger(['verify', '--json', dataDir]);
    return { ...(JSON.parse(stdout) as { records: number; flaws: object[] }), code };
  };

  it('leaves a sound ledger of which the last records are not signed yet; the next start signs them', async () => {
    let created = 0;
    let unsigned = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const service = await startProcess(dataDir, { args: ['--import', pathToFileURL(PRELOAD).href] });
      expect(signed()).toBe(created);
      const create = (i: number, requestId = `r-${i}`) =>
        fetch(`${service.url}/v1/vms`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-request-id': requestId },
          body: JSON.stringify({ id: `vm-${round}-${i}`, arch: 's390x' }),
        });
      const answers = await Promise.all(Array.from({ length: 120 }, (_, i) => create(i)));
      expect(answers.every(({ status }) => status === 201)).toBe(true);
      // It is recorded, and the service is gone at that moment.
      await expect(create(answers.length, 'kill-before-answer')).rejects.toThrow('fetch failed');
      expect(await service.end('SIGKILL')).toBeNull();
      created += answers.length + 1;

      const { records, flaws, code } = await verify();
      expect({ records, flaws }).toEqual({ records: created, flaws: [] });
      expect(code).toBe(signed() === created ? 0 : 3);
      if (code === 3) unsigned++;
    }
    expect(unsigned).toBeGreaterThan(0);

    const service = await startProcess(dataDir);
    const [key, checkpoint] = await Promise.all(
      ['key', 'checkpoint'].map(async (name) => (await fetch(`${service.url}/v1/audit/log/${name}`)).text()),
    );
    expect(parseCheckpoint(checkpoint ?? '')).toMatchObject({ size: created });
    expect(key).toBe(readFileSync(join(dataDir, 'log', 'vkey'), 'utf8'));
    expect(await service.end('SIGTERM')).toBe(0);
    expect(await verify()).toMatchObject({ code: 0, records: created, flaws: [] });
  }, 120_000);
});
