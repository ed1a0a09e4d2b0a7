import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERRNO } from '../../../src/domain/errno.js';
import { chartRules } from '../../../src/domain/explain/chart-rules.js';
import { CHART_SOURCES } from '../../../src/domain/explain/chart-sources.js';
import { CONDITIONS, STATES } from '../../../src/domain/explain/conditions.js';
import { DECIDED_RULES, allRules, explain } from '../../../src/domain/explain/explain.js';
import { PGM } from '../../../src/domain/s390x/dat/program-exception.js';
import { MEM_OPS } from '../../../src/domain/shapes/s390x-access.js';
import { COMMAND_TYPES } from '../../../src/domain/vm/command.js';
import { CHARTS } from '../../../src/domain/vm/law/consult.js';
import { aarch64Matrix } from '../../../src/domain/vm/documents/matrix-aarch64.js';
import { x86Matrix } from '../../../src/domain/vm/documents/matrix-x86.js';
import { matrix } from '../../../src/domain/vm/documents/matrix.js';
import { arrowsOf } from '../../../src/domain/vm/documents/mermaid.js';

const DOMAIN = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'src', 'domain');

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

const refusals = Object.values(CHARTS)
  .flatMap((chart) => arrowsOf(chart.root))
  .filter(({ says }) => says.startsWith('refuse('));

/** Files that name errnos without refusing anything. */
const ONLY_NAMED =
  /^(explain\/|errno\.ts|vm\/law\/chart-arrows\.ts|vm\/documents\/|shapes\/x86-sharing\.ts|x86_64\/hypercalls\/hypercall-context\.ts)/;

/** Charts speak for themselves. */
const CHART = /\/chart[-a-z]*\.ts$/;

describe('the rules', () => {
  it('have words for every condition on which a chart refuses, and no others', () =>
    expect(sorted(Object.keys(CONDITIONS))).toEqual(sorted(refusals.flatMap(({ when }) => when))));

  it('have words for every state on which alone a chart refuses, and no others', () =>
    expect(sorted(Object.keys(STATES))).toEqual(
      sorted(refusals.flatMap(({ region, state, when }) => (when.length === 0 ? [`${region}.${state}`] : []))),
    ));

  it('have a source for everything that a chart refuses, and no others', () =>
    expect(sorted(Object.keys(CHART_SOURCES))).toEqual(sorted(refusals.map(({ event }) => event))));

  it('have every refusal of every file of the domain, and no others', () => {
    const files = readdirSync(DOMAIN, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const errno = new RegExp(`'(${Object.keys(ERRNO).join('|')})'`, 'g');
    const found = files
      .filter((file) => !ONLY_NAMED.test(file) && !CHART.test(file))
      .flatMap((file) =>
        [...readFileSync(join(DOMAIN, file), 'utf8').matchAll(errno)].map(([, name]) => `${file} ${name}`),
      );
    expect(sorted(DECIDED_RULES.map((rule) => `${rule.module} ${rule.errno}`))).toEqual(sorted(found));
  });

  it('say when, and where it is written', () => {
    for (const { command, condition, source } of [...chartRules(), ...DECIDED_RULES])
      expect([command, condition, source].every((text) => text.length > 1)).toBe(true);
  });

  it.each([
    ['s390x', [...matrix('documented'), ...matrix('kernel')]],
    ['aarch64', [...aarch64Matrix('documented'), ...aarch64Matrix('kernel')]],
    ['x86_64', [...x86Matrix('documented'), ...x86Matrix('kernel')]],
  ] as const)('explain every errno that a configuration of an %s VM answers', (arch, rows) => {
    const unexplained = rows.flatMap(({ command, answers }) => {
      const rules = explain([command]).flatMap((explanation) => explanation.rules);
      const known = rules.filter(({ archs }) => archs?.includes(arch) ?? true).map(({ errno }): string => errno);
      return sorted(answers)
        .filter((answer) => answer !== 'accepted' && !known.includes(answer))
        .map((answer) => `${command} ${answer}`);
    });
    expect(unexplained).toEqual([]);
  });
});

/** Commands that nothing but the end of the VM, and its architecture, has anything against. */
const NEVER_REFUSED = ['destroy_vm', 'lose_pages', 'take_back_pages'];

/** Commands to the ledger: a VM that was destroyed, and any architecture, is as good. */
const TO_THE_LEDGER: readonly string[] = ['erase_memory', 'keep_memory', 'look_back'];

describe('explain', () => {
  it.each(sorted(allRules().map(({ errno }) => errno)))('%s has rules, each of that errno', (errno) => {
    const [explanation] = explain([errno.toLowerCase()]);
    expect(explanation).toMatchObject({ what: errno, rules: allRules().filter((rule) => rule.errno === errno) });
    expect(explanation?.meaning).toContain(`ret is -${ERRNO[errno as keyof typeof ERRNO]}`);
  });

  it('knows every errno, also those that nothing answers', () => {
    for (const errno of Object.keys(ERRNO)) expect(explain([errno])).toHaveLength(1);
  });

  it.each(TO_THE_LEDGER)('%s is no command of a machine', (type) => {
    expect(explain([type])).toMatchObject([{ what: type, rules: [] }]);
  });

  it.each(COMMAND_TYPES.filter((type) => !TO_THE_LEDGER.includes(type)))('%s has rules of its own', (type) => {
    const rules = explain([type]).flatMap((explanation) => explanation.rules);
    const own = rules.filter(({ command }) => command !== 'every command');
    expect(own.length === 0).toBe(NEVER_REFUSED.includes(type));
    expect(rules.map(({ errno }) => errno)).toEqual(expect.arrayContaining(['ENOENT', 'ENOTTY']));
  });

  it.each(Object.entries(MEM_OPS))('memop %s, by name and by number', (name, number) => {
    const [byName] = explain(['memop', name]);
    expect(byName?.what).toBe(`memop ${name} (${number})`);
    expect(explain(['memop', String(number)])[0]).toEqual(byName);
    expect(byName?.rules.map(({ errno }) => errno)).toEqual(expect.arrayContaining(['E2BIG', 'EFAULT', 'EINVAL']));
    expect(byName?.rules.some(({ condition }) => condition.includes('cmpxchg of'))).toBe(name === 'absolute_cmpxchg');
  });

  it.each(Object.entries(PGM))('program interruption %s, by name and by code', (name, { code, teid }) => {
    const hex = `0x${code.toString(16)}`;
    const [byCode] = explain([hex]);
    expect(byCode).toMatchObject({ what: `program interruption ${hex} ${name}`, source: expect.any(String) as string });
    expect(byCode?.meaning.includes('a TEID')).toBe(teid);
    expect(explain([name])[0]).toEqual(byCode);
    expect(explain([String(code)])[0]).toEqual(byCode);
    expect(explain(['memop', hex])).toContainEqual(byCode);
  });

  it('a number that is an operation and an answer is both', () =>
    expect(explain(['memop', '4']).map(({ what }) => what)).toEqual([
      'memop absolute_read (4)',
      'program interruption 0x4 protection',
    ]));

  it('a command by a part of its name', () => {
    const [one] = explain(['mem_ctrl/enable_cmma']);
    expect(one?.rules.slice(0, 2)).toMatchObject([
      { errno: 'ENXIO', condition: 'the machine has no CMMA', archs: ['s390x'] },
      { errno: 'EBUSY', condition: 'a vCPU was created', source: 'kvm_s390_set_mem_control; devices/vm.rst 1.1' },
    ]);
    const names = sorted((explain(['mem_ctrl'])[0]?.rules ?? []).map(({ command }) => command));
    expect(names).toEqual(['every command', 'mem_ctrl/clr_cmma', 'mem_ctrl/enable_cmma', 'mem_ctrl/limit_size']);
    expect(explain(['crypto/enable_aes_kw'])[0]?.rules[0]).toMatchObject({ command: 'crypto/*_kw' });
  });

  it.each([[[]], [['xyz']], [['0x99']], [['memop', 'x']], [['memop', '0x3b', '1']], [['EBUSY', 'EINVAL']], [['']]])(
    'nothing is known of %j',
    (words) => expect(explain(words)).toEqual([]),
  );
});
