import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');

/** What the layer rules say of a project that has nothing but these files. */
function cruise(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    writeFileSync(join(folder, 'tsconfig.json'), '{"compilerOptions": {"module": "nodenext"}}');
    writeFileSync(
      join(folder, 'package.json'),
      '{"type": "module", "dependencies": {"@nestjs/common": "*", "rxjs": "*"}}',
    );
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const { status, stdout } = spawnSync(
      process.execPath,
      [cruiser, '--config', join(root, '.dependency-cruiser.mjs'), 'src'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    );
    return { status, stdout };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const nothing = 'export const nothing = 0;\n';

describe('the layer rules', () => {
  it.each([
    ['the domain reads a file', { 'src/domain/bad.ts': "import 'node:fs';\n" }, 'domain-imports-nobody'],
    ['the domain uses rxjs', { 'src/domain/bad.ts': "import 'rxjs';\n" }, 'domain-imports-nobody'],
    [
      'the domain knows infra',
      { 'src/domain/bad.ts': "import '../infra/x.js';\n", 'src/infra/x.ts': nothing },
      'domain-imports-nobody',
    ],
    [
      'infra knows the API',
      { 'src/infra/bad.ts': "import '../api/x.js';\n", 'src/api/x.ts': nothing },
      'infra-does-not-know-the-api',
    ],
    ['infra knows Nest', { 'src/infra/bad.ts': "import '@nestjs/common';\n" }, 'infra-does-not-know-the-api'],
    [
      'two files import each other',
      { 'src/api/a.ts': "import './b.js';\n", 'src/api/b.ts': "import './a.js';\n" },
      'no-cycles',
    ],
  ])('say no when %s', (_, files, rule) => {
    const { status, stdout } = cruise(files);
    expect(status).not.toBe(0);
    expect(stdout).toContain(rule);
  });

  it('say nothing of imports that go downwards', () => {
    const { status } = cruise({
      'src/domain/x.ts': nothing,
      'src/infra/y.ts': "import '../domain/x.js';\n",
      'src/api/z.ts': "import '../infra/y.js';\nimport '@nestjs/common';\n",
    });
    expect(status).toBe(0);
  });
});
