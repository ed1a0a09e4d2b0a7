import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startProcess } from './support/process.js';

interface Block {
  readonly language: string;
  readonly content: string;
}

const readme = readFileSync(join(dirname(dirname(fileURLToPath(import.meta.url))), 'README.md'), 'utf8');

/** The fenced blocks of the walk-through: what is typed, each followed by what is answered. */
const blocks: Block[] = [...readme.matchAll(/^```(sh|json|text)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', content = '']) => ({ language, content }),
);
const steps = blocks.flatMap((block, i) =>
  block.language === 'sh' ? [{ typed: block.content, answered: blocks[i + 1] }] : [],
);

const MARK = '--- end of a block ---';

/** JSON documents, one after the other, each perhaps over several lines. */
const documents = (json: string): unknown[] =>
  json
    .trim()
    .split(/\n(?=\{)/)
    .map((document) => JSON.parse(document) as unknown);

describe('the walk-through of the README', () => {
  it('answers what it says, typed as it stands', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'readme-'));
    const service = await startProcess(dataDir);
    try {
      const shell = spawn('bash', ['-eu'], {
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          npm_config_cache: join(dataDir, 'npm'),
          VMLEDGER: service.url,
          DATA_DIR: dataDir,
        },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const output = text(shell.stdout);
      const exit = once(shell, 'exit');
      shell.stdin.end(steps.map(({ typed }) => `${typed}\necho '${MARK}'\n`).join(''));
      const answers = (await output).split(`${MARK}\n`);
      expect(await exit).toEqual([0, null]);
      expect(steps.length).toBeGreaterThan(7);
      steps.forEach(({ answered }, i) => {
        const answer = answers[i] ?? '';
        if (answered?.language === 'text') expect(answer.trimEnd()).toBe(answered.content.trimEnd());
        else expect(documents(answer)).toMatchObject(documents(answered?.content ?? ''));
      });
    } finally {
      await service.end('SIGTERM');
      rmSync(dataDir, { recursive: true });
    }
  }, 60_000);
});
