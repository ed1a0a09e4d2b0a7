import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { verifyLedger } from '../../../src/infra/verify/verify-ledger.js';
import { closedLedger } from '../verify/ledgers.js';
import { contentOf, exported, folders, imported } from './exports.js';

const at = folders();

interface Line {
  readonly position: number;
  readonly data?: readonly { readonly role: string; readonly erased?: boolean }[];
  readonly remains?: readonly { erasure: number; vm: string; text: string }[];
}

/** What an export says after a change of one of its lines; its last line speaks of what was written before. */
function changed(lines: readonly string[], isMeant: (line: Line) => boolean, change: (line: Line) => object): string {
  const i = lines.findIndex((line, at) => at > 0 && at < lines.length - 1 && isMeant(JSON.parse(line) as Line));
  expect(i).toBeGreaterThan(0);
  return lines.map((line, at) => (at === i ? `${JSON.stringify(change(JSON.parse(line) as Line))}\n` : line)).join('');
}

describe('an export of a ledger with erasures', () => {
  let lines: string[];
  const original = at('original');
  beforeAll(async () => {
    const { bytes } = await closedLedger(40, true);
    mkdirSync(original);
    writeFileSync(join(original, LEDGER_FILE), bytes);
    lines = await exported(original);
  });

  it('says of each piece that is gone that it was erased, and has what is left', () => {
    const erased = lines
      .slice(1, -1)
      .flatMap((line) => (JSON.parse(line) as Line).data ?? [])
      .filter((piece) => piece.erased);
    expect(erased.length).toBeGreaterThan(15);
    expect(lines.some((line) => line.includes('"remains":[{"erasure":'))).toBe(true);
  });

  it('is the same ledger once it is imported, and sound', async () => {
    const copy = at('copy');
    await imported(copy, lines.join(''));
    expect(contentOf(copy)).toEqual(contentOf(original));
    expect(verifyLedger({ file: join(copy, LEDGER_FILE) }).flaws).toEqual([]);
    expect(await exported(copy)).toEqual(lines);
  });

  const isErased = ({ data = [] }: Line): boolean => data.some(({ erased }) => erased);

  it.each<[what: string, isMeant: (line: Line) => boolean, change: (line: Line) => object]>([
    [
      'data is said to be erased that no erasure took',
      ({ data = [], remains }) => data.length > 0 && !remains,
      ({ data = [], ...line }) => ({ ...line, data: data.map(({ role }) => ({ role, erased: true })) }),
    ],
    [
      'the same is said with what an erasure would leave',
      ({ data = [], remains }) => data.length > 0 && !remains,
      ({ data: _, ...line }) => ({
        ...line,
        remains: [{ erasure: line.position + 1, vm: 'a', text: '{"frames":null}' }],
      }),
    ],
    ['what was left is missing', isErased, ({ remains: _, ...line }) => line],
    [
      'what was left is something else',
      isErased,
      ({ remains = [], ...line }) => ({
        ...line,
        remains: remains.map((each) => ({ ...each, text: '{"frames":[9,9]}' })),
      }),
    ],
    [
      'what was left cannot be read',
      isErased,
      ({ remains = [], ...line }) => ({ ...line, remains: remains.map((each) => ({ ...each, text: '{' })) }),
    ],
    [
      'what was left is of another erasure',
      isErased,
      ({ remains = [], ...line }) => ({ ...line, remains: remains.map((each) => ({ ...each, erasure: 900 })) }),
    ],
    [
      'what was left is of another VM',
      isErased,
      ({ remains = [], ...line }) => ({ ...line, remains: remains.map((each) => ({ ...each, vm: 'b' })) }),
    ],
  ])('is not imported where %s', async (_, isMeant, change) => {
    await expect(
      imported(at(`altered-${expect.getState().currentTestName?.length ?? 0}`), changed(lines, isMeant, change)),
    ).rejects.toThrow(/^line \d+: /);
  });
});
