import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');

/** What each file imports that is not as the rules have it, and which rule says so. */
const BAD: Readonly<Record<string, readonly [what: string, imports: string, rule: string]>> = {
  'src/domain/file.ts': ['the domain reads a file', 'node:fs', 'domain-imports-nobody'],
  'src/domain/rxjs.ts': ['the domain uses rxjs', 'rxjs', 'domain-imports-nobody'],
  'src/domain/upwards.ts': ['the domain knows infra', '../infra/good.js', 'domain-imports-nobody'],
  'src/infra/upwards.ts': ['infra knows the API', '../api/good.js', 'infra-does-not-know-the-api'],
  'src/infra/nest.ts': ['infra knows Nest', '@nestjs/common', 'infra-does-not-know-the-api'],
  'src/api/http/upwards.ts': ['what every request meets knows a resource', '../vms/good.js', 'http-knows-no-resource'],
  'src/api/commands/upwards.ts': ['commands know a resource', '../audit/good.js', 'commands-know-no-resource'],
  'src/api/vms/sideways.ts': ['a resource knows another', '../audit/good.js', 'resources-are-apart'],
  'src/api/one.ts': ['two files import each other', './other.js', 'no-cycles'],
  'src/api/nowhere.ts': ['a file is not there', './nothing.js', 'resolvable'],
  'src/infra/undeclared.ts': ['a package is not declared', 'typescript', 'no-dev-dependencies'],
};

const GOOD: Readonly<Record<string, readonly string[]>> = {
  'src/domain/good.ts': ['zod'],
  'src/infra/good.ts': ['../domain/good.js', 'rxjs', 'node:fs'],
  'src/api/good.ts': ['../infra/good.js', '@nestjs/common'],
  'src/api/http/good.ts': ['../../infra/good.js'],
  'src/api/commands/good.ts': ['../http/good.js'],
  'src/api/vms/good.ts': ['../commands/good.js', '../http/good.js'],
  'src/api/audit/good.ts': ['../commands/good.js'],
};

/** The other end of the cycle, of which the first file is told. */
const OTHER = ['src/api/other.ts', "import './one.js';\n"] as const;

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string; readonly severity: string };
}

/** What the layer rules say of a project that has nothing but these files. */
function violations(): Violation[] {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  try {
    write('tsconfig.json', '{"compilerOptions": {"module": "nodenext"}}');
    write('package.json', '{"type": "module", "dependencies": {"@nestjs/common": "*", "rxjs": "*", "zod": "*"}}');
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [name, imports] of Object.entries(GOOD))
      write(name, `${imports.map((path) => `import '${path}';\n`).join('')}export const nothing = 0;\n`);
    for (const [name, [, path]] of Object.entries(BAD)) write(name, `import '${path}';\n`);
    write(...OTHER);
    const { stdout } = spawnSync(
      process.execPath,
      [cruiser, '--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', 'src'],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    return (JSON.parse(stdout) as { readonly summary: { readonly violations: Violation[] } }).summary.violations;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the layer rules', () => {
  let found: readonly string[];

  beforeAll(() => {
    found = violations()
      .filter(({ rule }) => rule.severity === 'error')
      .map(({ from, rule }) => `${from}: ${rule.name}`);
  }, 60_000);

  it.each(Object.entries(BAD).map(([file, [what, , rule]]) => [what, `${file}: ${rule}`]))(
    'say no when %s',
    (_what, violation) => {
      expect(found).toContain(violation);
    },
  );

  it('say nothing of imports that go downwards', () => {
    const files = found.map((violation) => violation.split(':', 1)[0]);
    for (const file of Object.keys(GOOD)) expect(files).not.toContain(file);
  });
});
