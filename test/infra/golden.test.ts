import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastValueFrom } from 'rxjs';
import { LEDGER_FILE } from '../../src/infra/data-dir.js';
import { type Service, openService } from '../../src/infra/service.js';
import { parseBody } from '../../src/domain/audit/record.js';
import { stateDigest } from '../../src/domain/audit/state-digest.js';
import { digester } from '../../src/infra/digester.js';

interface Expected {
  readonly records: number;
  readonly lastLeaf: string;
  readonly states: Readonly<Record<string, string>>;
}

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'golden');
const names = readdirSync(folder).flatMap((file) =>
  file.endsWith('.sqlite') ? [file.slice(0, -'.sqlite'.length)] : [],
);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('golden ledgers', () => {
  it('are there', () => {
    expect(names).toContain('0001-spine');
  });

  describe.each(names)('%s', (name) => {
    const expected = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Expected;
    let dataDir: string;
    let service: Service;

    beforeAll(async () => {
      dataDir = mkdtempSync(join(tmpdir(), 'golden-'));
      copyFileSync(join(folder, `${name}.sqlite`), join(dataDir, LEDGER_FILE));
      service = await openService({ dataDir });
    });
    afterAll(async () => {
      await service.close();
      rmSync(dataDir, { recursive: true });
    });

    it('holds the records that were written, byte for byte', async () => {
      const records = await service.journal.read({ after: 0, limit: 100_000 });
      expect(records.length).toBe(expected.records);
      for (const { bytes, leafHash } of records)
        expect(hex(digester.sha256(Uint8Array.of(0), bytes))).toBe(hex(leafHash));
      expect(hex(records.at(-1)?.leafHash ?? new Uint8Array())).toBe(expected.lastLeaf);
      for (const { bytes } of records)
        expect(digester.canonical(parseBody(bytes) as never)).toBe(Buffer.from(bytes).toString());
    });

    it('is answered today as it was answered then', async () => {
      const { id } = await service.replays.start();
      const progress = service.replays.progress(id);
      if (progress === undefined) throw new Error('the replay is not known');
      const { state, checked, divergences } = await lastValueFrom(progress);
      expect({ state, checked, divergences }).toEqual({ state: 'done', checked: expected.records, divergences: [] });
    });

    it('leads to the same states', async () => {
      for (const [vm, state] of Object.entries(expected.states)) {
        const past = await service.history.load(vm);
        expect(past.vm && hex(stateDigest(past.vm, digester))).toBe(state);
      }
    });
  });
});
