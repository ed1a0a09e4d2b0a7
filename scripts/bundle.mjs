// Writes what starts as a process or a thread anew, with all that it imports: to open two thousand modules takes a second. In the
// folder that is named, and once: what it wrote is nothing that it can read.
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = process.argv[2];

/** What Nest asks for if it is used, and is not there. */
const ABSENT = [
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
];

await build({
  entryPoints: ['api/main.js', 'api/cli/main.js', 'infra/accesses/indexer-thread.js', 'infra/journal/writer.js'].map(
    (path) => join(folder, path),
  ),
  outdir: folder,
  absWorkingDir: folder,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: 'shared/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['better-sqlite3', ...ABSENT],
  // For packages that are not of modules.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
});
