import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const at = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** When the newest file below a folder, or the file itself, was changed. */
function newest(path) {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return at(path);
  return Math.max(at(path), ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Runs a command in the project's folder and ends this process if it fails. What it prints goes to standard error. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs one of the project's own tools with this Node. */
export const tool = (path, ...args) => run(process.execPath, [join(root, 'node_modules', path), ...args]);

/** Runs several of the project's own tools side by side; what each prints comes as a whole. Ends this process if one fails. */
export async function tools(commands) {
  const waiting = [...commands];
  let failed = false;
  const worker = async () => {
    for (let command = waiting.shift(); command; command = waiting.shift()) {
      const [path, ...args] = command;
      const child = spawn(process.execPath, [join(root, 'node_modules', path), ...args], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (piece) => (printed += piece));
      const [status] = await once(child, 'close');
      process.stderr.write(printed);
      failed ||= status !== 0;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (failed) process.exit(1);
}

/** Installs what the lock file says, if it is newer than what is installed. */
export function install() {
  const installed = at(join(root, 'node_modules', '.package-lock.json'));
  if (installed >= at(join(root, 'package-lock.json'))) return;
  console.error('installing packages; better-sqlite3 is compiled where no binary can be had, which takes a minute');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

/** What the build makes. */
const dist = join(root, 'dist');

/** Whether no source is newer than what was built. */
function isBuilt() {
  const inputs = [
    'src',
    'scripts/bundle.mjs',
    'scripts/lib.mjs',
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
  ].map((name) => newest(join(root, name)));
  return at(join(dist, '.built')) > Math.max(...inputs);
}

/** Puts a folder in the place of what was built before. */
function putInPlace(folder) {
  const old = `${folder}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(folder, dist);
  rmSync(old, { recursive: true, force: true });
}

/**
 * Compiles the sources, if one of them is newer than what was built. It is put in place once it is whole: one that is broken off leaves
 * what was there, and of several at the same time the first counts.
 */
export function build() {
  if (isBuilt()) return;
  console.error('building');
  const started = new Date();
  const folder = mkdtempSync(join(root, '.build-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  tool('typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', folder);
  run(process.execPath, [join(root, 'scripts', 'bundle.mjs'), folder]);
  // npx keeps the link it made once, and an older package.json had it made to this file.
  chmodSync(join(folder, 'api', 'cli', 'main.js'), 0o755);
  chmodSync(folder, 0o755);
  const stamp = join(folder, '.built');
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
  if (!isBuilt()) putInPlace(folder);
}
