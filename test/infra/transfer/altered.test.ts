import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { base64 } from '../../../src/domain/json.js';
import { digester } from '../../../src/infra/digester.js';
import { openService } from '../../../src/infra/service.js';
import { importLedger } from '../../../src/infra/transfer/import-ledger.js';
import { LineError } from '../../../src/infra/transfer/lines.js';
import { dataDirOf, exported, folders, imported } from './exports.js';

const GOLDEN = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'golden');

const at = folders();

/** An export with data beside records, and records that touched another VM's frames. */
let lines: readonly string[];
beforeAll(async () => {
  const dataDir = dataDirOf(join(GOLDEN, '0004-architectures.sqlite'), at('closed'));
  const service = await openService({ dataDir });
  await service.close();
  lines = await exported(dataDir);
});

/** The line that an import of this names; nothing of it stays. */
async function lineOf(text: string | Uint8Array): Promise<number> {
  const dataDir = at('copy');
  const error: unknown = await imported(dataDir, text).catch((thrown: unknown) => thrown);
  if (!(error instanceof LineError)) throw new Error(`it was not found: ${String(error)}`);
  expect(readdirSync(dataDir).filter((name) => name !== 'lock.sqlite')).toEqual([]);
  return error.line;
}

const index = (): number => lines.findIndex((line) => line.includes('"elsewhere"'));

/** The export with another line in the place of one. */
const withLine = (number: number, change: (line: string) => string): string =>
  lines.map((line, i) => (i === number - 1 ? change(line) : line)).join('');

interface WrittenEntry {
  data: { role: string; salt: string; bytes: string }[];
  elsewhere: { vm: string; frame: number }[];
}

const changed = (line: string, change: (entry: WrittenEntry) => unknown): string =>
  `${JSON.stringify(change(JSON.parse(line) as WrittenEntry))}\n`;

/** A line whose first piece of data says something else. */
const withPiece = (line: string, other: object): string =>
  changed(line, ({ data: [piece, ...rest], ...entry }) => ({ ...entry, data: [{ ...piece, ...other }, ...rest] }));

const vmOf = (line = ''): unknown => {
  const { record = '' } = JSON.parse(line || '{}') as { readonly record?: string };
  return (JSON.parse(Buffer.from(record, 'base64').toString() || '{}') as { readonly vm?: string }).vm;
};

/** The first line whose record is followed by one of another VM. */
const beforeOther = (): number =>
  lines.findIndex((line, i) => i > 0 && i < lines.length - 2 && vmOf(line) !== vmOf(lines[i + 1])) + 1;

/** What the line after it says, at its own position. */
const inPlaceOf = (line: string): string => {
  const { position } = JSON.parse(line) as { readonly position: number };
  return `${JSON.stringify({ ...(JSON.parse(lines[position + 1] ?? '') as object), position })}\n`;
};

/** The first line that has data beside its record. */
const withData = (): number => lines.findIndex((line) => line.includes('"data":[')) + 1;

describe('an export that was altered', () => {
  it('is found whichever line is missing, and by that line', async () => {
    for (let missing = 1; missing <= lines.length; missing += 13)
      expect(await lineOf(lines.filter((_, i) => i !== missing - 1).join(''))).toBe(missing);
    expect(await lineOf(lines.slice(0, -1).join(''))).toBe(lines.length);
    expect(await lineOf('')).toBe(1);
  });

  it('is found whichever line is there twice, or in the place of the next', async () => {
    for (let twice = 2; twice < lines.length - 1; twice += 31) {
      const doubled = lines.flatMap((line, i) => (i === twice - 1 ? [line, line] : [line]));
      expect(await lineOf(doubled.join(''))).toBe(twice + 1);
      const swapped = lines.with(twice - 1, lines[twice] ?? '').with(twice, lines[twice - 1] ?? '');
      expect(await lineOf(swapped.join(''))).toBe(twice);
    }
  });

  it('is found if it ends anywhere', async () => {
    const bytes = Buffer.from(lines.join(''));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (size) => {
        const whole = bytes.subarray(0, size).toString().split('\n').length;
        expect(await lineOf(bytes.subarray(0, size))).toBe(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('is found if it is compressed and ends anywhere, or has a wrong bit', async () => {
    const bytes = gzipSync(lines.join(''));
    const imports = async (packed: Uint8Array): Promise<unknown> => {
      const from = async function* () {
        yield* Readable.from([packed], { objectMode: false }).pipe(createGunzip()) as AsyncIterable<Uint8Array>;
      };
      return importLedger({ dataDir: at('packed'), from: from() }).catch((thrown: unknown) => thrown);
    };
    for (let size = 1; size < bytes.length; size += Math.ceil(bytes.length / 20))
      expect(await imports(bytes.subarray(0, size))).toBeInstanceOf(LineError);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] ?? 0) ^ 4;
    expect(await imports(flipped)).toBeInstanceOf(LineError);
  });

  it('is found if any one character is another: by its line, or by the last', async () => {
    const text = lines.join('');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('a', 'A', '0', '+', '{', '}', '"', ',', '\n'),
        async (place, character) => {
          fc.pre(text[place] !== character);
          const found = await lineOf(`${text.slice(0, place)}${character}${text.slice(place + 1)}`);
          const line = text.slice(0, place).split('\n').length;
          // A character of white space, or of what no record commits to, is found by the hash of all lines.
          expect([line, lines.length]).toContain(found);
        },
      ),
      { numRuns: 120 },
    );
  }, 120_000);

  it.each<[string, () => number, (line: string) => string, string?]>([
    ['a leaf hash', () => 41, (line) => line.replace(/"leafHash":"...../, '"leafHash":"AAAAA')],
    ['a record', () => 40, (line) => line.replace(/"record":"ey/, '"record":"eZ')],
    ['a salt', withData, (line) => withPiece(line, { salt: 'AA==' })],
    ['data', withData, (line) => withPiece(line, { bytes: 'AA==' })],
    ['a role', withData, (line) => withPiece(line, { role: 'x' })],
    ['data that is not there', withData, (line) => changed(line, (entry) => ({ ...entry, data: [] }))],
    [
      'data that nobody erased',
      withData,
      (line) => changed(line, ({ data: [one], ...entry }) => ({ ...entry, data: [{ role: one?.role, erased: true }] })),
    ],
    ['a field that is not known', () => 50, (line) => line.replace('{', '{"x":1,')],
    ['a position', () => 60, (line) => line.replace('"position":59', '"position":61')],
    ['a record that is the next one, of another VM', beforeOther, inPlaceOf],
    ['a root', () => lines.length, (line) => line.replace(/"root":"./, '"root":"_')],
    ['the number of records', () => lines.length, (line) => line.replace('"records":', '"records":1')],
    ['more than there should be', () => lines.length + 1, (line) => line],
  ])('is found by its line: %s', async (what, line, change) => {
    const text = withLine(line(), change);
    expect(await lineOf(what === 'more than there should be' ? `${text}\n` : text)).toBe(line());
  });

  it.each([
    ['another format', 'vmledger-export', 'vmledger-import'],
    ['another version', '"version":1', '"version":2'],
    ['another origin', 'vmledger.invalid', 'wmledger.invalid'],
    ['a size that was not signed', '\\n217\\n', '\\n216\\n'],
    ['fewer records than were signed', '"records":217', '"records":216'],
  ])('is found by its first line: %s', async (_, from, to) => {
    expect(lines[0]).toContain(from);
    expect(await lineOf(withLine(1, (line) => line.replace(from, to)))).toBe(1);
  });

  it('is found by its last line if frames of other VMs were altered, which no record commits to', async () => {
    expect(index()).toBeGreaterThan(0);
    const text = withLine(index() + 1, (line) =>
      changed(line, ({ elsewhere, ...entry }) => ({ ...entry, elsewhere: elsewhere.slice(1) })),
    );
    expect(await lineOf(text)).toBe(lines.length);
  });

  it('is found if a record was rewritten with everything that the file says of it, by the checkpoint', async () => {
    const unsigned = withLine(1, (line) => line.replace(/"checkpoints":.*/, '"checkpoints":[]}'));
    expect(await lineOf(unsigned)).toBe(lines.length);
    const rewritten = withLine(100, (line) => {
      const entry = JSON.parse(line) as { record: string };
      const record = Buffer.from(entry.record, 'base64')
        .toString()
        .replace(/"actor":"[^"]*"/, '"actor":"nobody"');
      const leafHash = digester.sha256(Uint8Array.of(0), Buffer.from(record));
      const rewritten = { record: Buffer.from(record).toString('base64'), leafHash: base64(leafHash) };
      return `${JSON.stringify({ ...entry, ...rewritten })}\n`;
    });
    // The checkpoint is of all records: that one of them is not what was signed is known at the last.
    expect(await lineOf(rewritten)).toBe(lines.length - 1);
  });
});
