import {
  type Controls,
  type Reading,
  type RuleName,
  brokenRule,
  controlsOf,
  denialsOf,
} from '../../../../src/domain/x86_64/paging/permissions.js';

const controls: Controls = { wp: true, nxe: true, smep: false, smap: false, pke: false, pkru: 0 };

const W = 1;
const U = 2;
const X = 4;
/** Rights: what all entries grant. */
const grants = (text: string): number =>
  (text.includes('x') ? 1 : 0) | (text.includes('w') ? 2 : 0) | (text.includes('u') ? 4 : 0);

describe('section 8, the rules', () => {
  it.each<[string, number, string, Partial<Controls>, number, RuleName | undefined]>([
    ['user: not granted', U, 'xw', {}, 0, 'user'],
    ['user: granted', U, 'xwu', {}, 0, undefined],
    ['user: not asked for', 0, 'xw', {}, 0, undefined],
    ['write: not granted to a supervisor with WP', W, 'xu', {}, 0, 'write'],
    ['write: not granted to a supervisor without WP', W, 'xu', { wp: false }, 0, undefined],
    ['write: not granted to a user without WP', W | U, 'xu', { wp: false }, 0, 'write'],
    ['write: granted', W | U, 'xwu', {}, 0, undefined],
    ['execute: not granted', X, 'wu', {}, 0, 'execute'],
    ['execute: NX without NXE', X, 'wu', { nxe: false }, 0, undefined],
    ['execute: granted', X | U, 'xu', {}, 0, undefined],
    ['SMEP: a supervisor fetches from a user page', X, 'xwu', { smep: true }, 0, 'smep'],
    ['SMEP: a supervisor fetches from a supervisor page', X, 'xw', { smep: true }, 0, undefined],
    ['SMEP: a user fetches from a user page', X | U, 'xwu', { smep: true }, 0, undefined],
    ['SMEP: off', X, 'xwu', {}, 0, undefined],
    ['SMEP: a supervisor reads a user page', 0, 'xwu', { smep: true }, 0, undefined],
    ['SMAP: a supervisor reads a user page', 0, 'xwu', { smap: true }, 0, 'smap'],
    ['SMAP: a supervisor writes a user page', W, 'xwu', { smap: true }, 0, 'smap'],
    ['SMAP: a supervisor reads a supervisor page', 0, 'xw', { smap: true }, 0, undefined],
    ['SMAP: a user reads a user page', U, 'xwu', { smap: true }, 0, undefined],
    ['SMAP: skipped with exec, even with write', W | X, 'xwu', { smap: true }, 0, undefined],
    ['PKU: AD of the key, a read by a user', U, 'xwu', { pke: true, pkru: 1 << 10 }, 5, 'pku'],
    ['PKU: AD of the key, a read by a supervisor', 0, 'xwu', { pke: true, pkru: 1 << 10 }, 5, 'pku'],
    ['PKU: AD of another key', U, 'xwu', { pke: true, pkru: 1 << 10 }, 4, undefined],
    ['PKU: a supervisor page', 0, 'xw', { pke: true, pkru: 1 << 10 }, 5, undefined],
    ['PKU: off', U, 'xwu', { pkru: 1 << 10 }, 5, undefined],
    ['PKU: WD, a read', U, 'xwu', { pke: true, pkru: 1 << 11 }, 5, undefined],
    ['PKU: WD, a write by a user without WP', W | U, 'xwu', { pke: true, pkru: 1 << 11, wp: false }, 5, 'pku'],
    ['PKU: WD, a write by a supervisor with WP', W, 'xwu', { pke: true, pkru: 1 << 11 }, 5, 'pku'],
    ['PKU: WD, a write by a supervisor without WP', W, 'xwu', { pke: true, pkru: 1 << 11, wp: false }, 5, undefined],
    ['PKU: AD and WD, a read', U, 'xwu', { pke: true, pkru: 3 << 10 }, 5, 'pku'],
    ['PKU: skipped with exec, even with write', W | U | X, 'xwu', { pke: true, pkru: 3 << 10 }, 5, undefined],
    ['PKU: the last key', U, 'xwu', { pke: true, pkru: 0x40000000 }, 15, 'pku'],
    ['PKU: WD of the last key', W | U, 'xwu', { pke: true, pkru: 0x80000000 }, 15, 'pku'],
  ])('%s', (_row, access, rights, change, key, rule) => {
    const attempt = { access, rights: grants(rights), controls: { ...controls, ...change }, key };
    expect(brokenRule('documented', true, attempt)).toBe(rule);
    expect(brokenRule('hardware', true, attempt)).toBe(rule);
  });

  it.each<[string, number, string, Partial<Controls>, Readonly<Record<Reading, RuleName | undefined>>]>([
    ['user', U, 'xw', {}, { documented: 'user', kernel: 'user', hardware: undefined }],
    ['write', W, 'xu', {}, { documented: 'write', kernel: 'write', hardware: undefined }],
    ['execute', X, 'wu', {}, { documented: 'execute', kernel: 'execute', hardware: undefined }],
    ['SMEP', X, 'xwu', { smep: true }, { documented: undefined, kernel: 'smep', hardware: undefined }],
    ['SMAP', 0, 'xwu', { smap: true }, { documented: undefined, kernel: 'smap', hardware: undefined }],
    ['PKU', U, 'xwu', { pke: true, pkru: 1 }, { documented: undefined, kernel: 'pku', hardware: undefined }],
  ])('above the leaf: %s', (_row, access, rights, change, expected) => {
    const attempt = { access, rights: grants(rights), controls: { ...controls, ...change }, key: 0 };
    for (const reading of Object.keys(expected) as Reading[])
      expect([reading, brokenRule(reading, false, attempt)]).toEqual([reading, expected[reading]]);
  });

  it('the posted code judges key 0, whatever the page has', () => {
    const attempt = { access: U, rights: grants('xwu'), controls: { ...controls, pke: true, pkru: 1 }, key: 5 };
    expect(brokenRule('kernel', true, attempt)).toBe('pku');
    expect(brokenRule('kernel', true, { ...attempt, controls: { ...attempt.controls, pkru: 1 << 10 } })).toBe(
      undefined,
    );
  });
});

describe('the rules as tables', () => {
  const bools = [false, true];
  const all = bools.flatMap((wp) =>
    bools.flatMap((nxe) =>
      bools.flatMap((smep) =>
        bools.flatMap((smap) =>
          [0, 1, 2, 3].flatMap((pkru) => bools.map((pke): Controls => ({ wp, nxe, smep, smap, pke, pkru }))),
        ),
      ),
    ),
  );

  it.each(['documented', 'kernel', 'hardware'] as const)('deny what the rules deny: %s', (reading) => {
    for (const setting of all) {
      const { above, leaf, keys } = denialsOf(reading, setting);
      const tables: [above: boolean, leaf: boolean][] = [];
      const rules: [above: boolean, leaf: boolean][] = [];
      for (let access = 0; access < 8; access++)
        for (let rights = 0; rights < 8; rights++) {
          const attempt = { access, rights, controls: setting, key: 0 };
          const byKey = (rights & 4) !== 0 && ((keys[access] ?? 0) & setting.pkru) !== 0;
          const denied = (table: Uint8Array) => (((table[access] ?? 0) >>> rights) & 1) === 1;
          tables.push([denied(above), denied(leaf) || byKey]);
          rules.push([
            brokenRule(reading, false, attempt) !== undefined,
            brokenRule(reading, true, attempt) !== undefined,
          ]);
        }
      expect([setting, tables]).toEqual([setting, rules]);
    }
  });
});

describe('section 3, the controls', () => {
  const base = { cr0: 0n, cr3: 0n, cr4: 0n, efer: 0n, rflags: 2n, pkru: 7, cs: { l: 0 } } as const;
  const none = { wp: false, nxe: false, smep: false, smap: false, pke: false, pkru: 7 };
  it.each([
    ['CR0.WP', { cr0: 0x10000n }, { wp: true }],
    ['EFER.NXE', { efer: 0x800n }, { nxe: true }],
    ['CR4.SMEP', { cr4: 0x100000n }, { smep: true }],
    ['CR4.SMAP', { cr4: 0x200000n }, { smap: true }],
    ['CR4.SMAP with EFLAGS.AC', { cr4: 0x200000n, rflags: 0x40002n }, {}],
    ['CR4.PKE in long mode', { cr4: 0x400000n, efer: 0x400n }, { pke: true }],
    ['CR4.PKE outside long mode', { cr4: 0x400000n }, {}],
  ])('%s', (_row, change, expected) => {
    expect(controlsOf({ ...base, ...change })).toEqual({ ...none, ...expected });
  });
});
