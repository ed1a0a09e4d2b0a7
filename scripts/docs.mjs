// Writes docs/generated from the built domain, and docs/access.md; with --check writes nothing and fails if a file is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { accessDocument } from '../dist/api/auth/access-document.js';
import { documents } from '../dist/domain/vm/documents/documents.js';

const directory = new URL('../docs/generated/', import.meta.url);
const check = process.argv.includes('--check');

await mkdir(directory, { recursive: true });
for (const [name, text] of [...Object.entries(documents()), ['../access.md', accessDocument()]]) {
  const file = new URL(name, directory);
  if (!check) await writeFile(file, text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`docs/generated/${name} is stale: run npm run docs`);
    process.exitCode = 1;
  }
}
