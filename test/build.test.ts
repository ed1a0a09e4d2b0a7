import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './support/eventually.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const STARTED = ['api/main', 'api/cli/main', 'infra/accesses/indexer-thread', 'infra/journal/writer'];

/** A step of the build before which one is held. */
const HOLDING = `
  import { existsSync, writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const { HELD } = process.env;
  if (HELD) writeFileSync(HELD + '-waits', '');
  while (HELD && !existsSync(HELD)) await sleep(10);
  await import('./bundled.mjs');
`;

describe('npm run build', () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'project-'));
    // Without a lock file, so that nothing is ever installed.
    for (const name of ['scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
      cpSync(join(root, name), join(project, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
    for (const path of STARTED) write(path, `process.stdout.write('one');`);
  });
  afterEach(() => rmSync(project, { recursive: true }));

  /** A source that has just been changed. */
  function write(path: string, content: string): void {
    const file = join(project, 'src', `${path}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${content}\nexport {};\n`);
    utimesSync(file, new Date(), new Date());
  }

  /** How a build ends; one with a name waits in the middle until there is a file of that name. */
  async function build(held = ''): Promise<number> {
    const env = { ...process.env, NODE_OPTIONS: '', HELD: held && join(project, held) };
    const child = spawn(process.execPath, [join(project, 'scripts/build.mjs')], { stdio: 'ignore', env });
    const [code] = (await once(child, 'exit')) as [number];
    return code;
  }

  const said = () => spawnSync(process.execPath, [join(project, 'dist/api/main.js')], { encoding: 'utf8' }).stdout;

  const left = () => readdirSync(project).filter((name) => name.startsWith('.build-'));

  it('builds what starts, also if another does it meanwhile', async () => {
    renameSync(join(project, 'scripts/bundle.mjs'), join(project, 'scripts/bundled.mjs'));
    writeFileSync(join(project, 'scripts/bundle.mjs'), HOLDING);
    const one = build('held');
    await eventually(() => existsSync(join(project, 'held-waits')), Boolean);
    expect([await build(), said()]).toEqual([0, 'one']);
    writeFileSync(join(project, 'held'), '');
    expect([await one, said(), left()]).toEqual([0, 'one', []]);
  });

  it('leaves what was there until it is done', async () => {
    expect(await build()).toBe(0);
    write('api/main', `process.stdout.write('two`);
    expect(await build()).not.toBe(0);
    expect([said(), left()]).toEqual(['one', []]);
    write('api/main', `process.stdout.write('two');`);
    expect(await build()).toBe(0);
    expect([said(), left()]).toEqual(['two', []]);
  });
});
