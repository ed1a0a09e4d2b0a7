import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyText } from '../../../src/domain/audit/tlog/key.js';
import { inclusionProof } from '../../../src/domain/audit/tlog/proof.js';
import { DataDirInUseError, lockDataDir } from '../../../src/infra/data-dir-lock.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { openService } from '../../../src/infra/service.js';
import { NotSignedError, exportLines } from '../../../src/infra/transfer/export-ledger.js';
import { NotEmptyError } from '../../../src/infra/transfer/import-ledger.js';
import { trustedCheckpoints } from '../../../src/infra/verify/trusted-checkpoints.js';
import { verifyLedger } from '../../../src/infra/verify/verify-ledger.js';
import { signer } from '../../domain/support/tlog-keys.js';
import { contentOf, dataDirOf, exported, fill, folders, imported } from './exports.js';

const GOLDEN = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'golden');
const golden = readdirSync(GOLDEN).filter((name) => name.endsWith('.sqlite'));

const at = folders();

/** Has a service open a data directory, and so migrate and sign it. */
async function signed(dataDir: string): Promise<string> {
  const service = await openService({ dataDir });
  await service.close();
  return dataDir;
}

async function reportOf(dataDir: string) {
  const { checkpoints, flaws } = await trustedCheckpoints(dataDir, []);
  expect(flaws).toEqual([]);
  return verifyLedger({ file: join(dataDir, LEDGER_FILE), checkpoints });
}

describe.each(golden)('what is exported of %s', (name) => {
  const closed = at(name);
  const copy = at(`${name}.imported`);
  beforeAll(async () => {
    await signed(dataDirOf(join(GOLDEN, name), closed));
    await imported(copy, (await exported(closed)).join(''));
  });

  it('is the same ledger once it is imported, to the last derived row', () =>
    expect(contentOf(copy)).toEqual(contentOf(closed)));

  it('is sound, and signed by the log that it was exported from', async () => {
    const report = await reportOf(copy);
    expect(report).toEqual(await reportOf(closed));
    expect([report.flaws, report.signed]).toEqual([[], report.records]);
  });

  it('has the same records whether or not a service was there', async () => {
    const alone = await exported(dataDirOf(join(GOLDEN, name), at(`${name}.alone`)));
    expect(alone.slice(1, -1)).toEqual((await exported(closed)).slice(1, -1));
  });
});

describe('100 000 records', () => {
  it('have the same positions, root and proofs once they are imported', async () => {
    const [original, copy] = [at('many'), at('many.imported')];
    await fill(original, 100_000);
    const lines = await exported(original);
    const done: number[] = [];
    const report = await imported(copy, lines.join(''), { progress: (records) => done.push(records) });
    expect(report).toMatchObject({ records: 100_000, signed: 0 });
    expect(lines.at(-1)).toContain(`"root":"${report.root}"`);
    expect([done.length, done.at(-1)]).toEqual([390, 99_840]);
    const [before, after] = [await openService({ dataDir: original }), await openService({ dataDir: copy })];
    try {
      expect(await after.journal.head()).toBe(100_000);
      expect(after.log.newest().root).toEqual(before.log.newest().root);
      expect(after.log.key).not.toEqual(before.log.key);
      for (let index = 0; index < 100_000; index += 1237)
        expect(inclusionProof(index, 100_000, after.log.tree)).toEqual(inclusionProof(index, 100_000, before.log.tree));
      const page = { after: 49_900, limit: 1000 };
      expect(await after.journal.read(page)).toEqual(await before.journal.read(page));
    } finally {
      await before.close();
      await after.close();
    }
  }, 120_000);
});

describe('an imported ledger', () => {
  const original = at('original');
  const copy = at('copy');
  beforeAll(async () => {
    await signed(dataDirOf(join(GOLDEN, '0001-spine.sqlite'), original));
    await imported(copy, (await exported(original)).join(''));
    await signed(copy);
  });

  const filesOf = (...path: string[]): string => readFileSync(join(copy, ...path), 'utf8');

  it('has a key of its own, and the old checkpoint as evidence', () => {
    expect(filesOf('log', 'vkey')).not.toBe(readFileSync(join(original, 'log', 'vkey'), 'utf8'));
    for (const name of ['vkey', 'checkpoint'])
      expect(filesOf('imported', '1', name)).toBe(readFileSync(join(original, 'log', name), 'utf8'));
  });

  it('is held against the old checkpoint as against its own', async () => {
    expect((await trustedCheckpoints(copy, [])).checkpoints.length).toBe(2);
    const forged = dataDirOf(join(original, LEDGER_FILE), at('forged'));
    mkdirSync(join(forged, 'imported', '1'), { recursive: true });
    writeFileSync(join(forged, 'imported', '1', 'vkey'), filesOf('imported', '1', 'vkey'));
    const text = filesOf('imported', '1', 'checkpoint').replace('\n128\n', '\n127\n');
    writeFileSync(join(forged, 'imported', '1', 'checkpoint'), text);
    expect((await trustedCheckpoints(forged, [])).flaws).toMatchObject([{ what: 'checkpoint' }]);
  });

  it('is held against a checkpoint of the old log that was kept elsewhere, with its key or without', async () => {
    const kept = join(original, 'log', 'checkpoint');
    const [key] = (await trustedCheckpoints(original, [])).checkpoints.map((checkpoint) => checkpoint.key);
    for (const believed of [undefined, key]) {
      const { checkpoints, flaws } = await trustedCheckpoints(copy, [kept], believed);
      expect([flaws, checkpoints.length]).toEqual([[], 3]);
    }
    const stranger = signer('x.example', 'ed25519', 1).key;
    expect((await trustedCheckpoints(copy, [kept], stranger)).flaws.length).toBe(2);
  });

  it('hands the evidence on when it is exported again', async () => {
    const third = at('third');
    const report = await imported(third, (await exported(copy)).join(''));
    expect(report.signed).toBe(report.records);
    expect(readdirSync(join(third, 'imported'))).toEqual(['1', '2']);
    expect((await reportOf(third)).flaws).toEqual([]);
  });

  it('must be signed by the log that is believed, if one is', async () => {
    const text = (await exported(original)).join('');
    const stranger = signer('x.example', 'ed25519', 1).key;
    await expect(imported(at('stranger'), text, { key: stranger })).rejects.toThrow(
      `line 1: there is no checkpoint of ${keyText(stranger)}`,
    );
    const { checkpoints } = await trustedCheckpoints(original, []);
    const [key] = checkpoints.map((checkpoint) => checkpoint.key);
    expect(await imported(at('believed'), text, { key: key ?? stranger })).toMatchObject({ signed: 128 });
  });

  it('is not exported if it is not what was signed', async () => {
    const short = dataDirOf(join(GOLDEN, '0003-s390x-rest.sqlite'), at('short'));
    const { checkpoints } = await trustedCheckpoints(original, []);
    const file = join(short, LEDGER_FILE);
    expect(() => [...exportLines({ file, checkpoints })]).toThrow(NotSignedError);
    const other = checkpoints.map((checkpoint) => ({ ...checkpoint, size: 50 }));
    expect(() => [...exportLines({ file, checkpoints: other })]).toThrow('the first 50 records are not those');
  });
});

describe('a data directory', () => {
  it('is not imported into if anything is in it', async () => {
    const dataDir = at('full');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'notes'), '');
    await expect(imported(dataDir, '')).rejects.toThrow(NotEmptyError);
    expect(readdirSync(dataDir)).toEqual(['notes']);
  });

  it('is not imported into if another process has it', async () => {
    const dataDir = at('taken');
    mkdirSync(dataDir);
    const unlock = lockDataDir(dataDir);
    await expect(imported(dataDir, '')).rejects.toThrow(DataDirInUseError);
    unlock();
  });

  it('has no ledger if the import was ended, and can be imported into again', async () => {
    const text = (await exported(dataDirOf(join(GOLDEN, '0001-spine.sqlite'), at('source')))).join('');
    const dataDir = at('ended');
    const controller = new AbortController();
    const progress = (): void => controller.abort(new Error('told to end'));
    // Progress is told of once in 256 records.
    const many = at('many.source');
    await fill(many, 600);
    const longer = (await exported(many)).join('');
    await expect(imported(dataDir, longer, { progress, signal: controller.signal })).rejects.toThrow('told to end');
    expect(existsSync(join(dataDir, LEDGER_FILE))).toBe(false);
    mkdirSync(join(dataDir, 'importing'));
    writeFileSync(join(dataDir, 'importing', LEDGER_FILE), 'half of one');
    expect(await imported(dataDir, text)).toMatchObject({ records: 128 });
    expect((await reportOf(dataDir)).flaws).toEqual([]);
    expect(existsSync(join(dataDir, 'importing'))).toBe(false);
  });

  it('can be of a ledger without records', async () => {
    const dataDir = await signed(at('empty'));
    expect(await imported(at('empty.imported'), (await exported(dataDir)).join(''))).toMatchObject({ records: 0 });
    expect((await reportOf(at('empty.imported'))).flaws).toEqual([]);
  });
});
