import { type CopyOptions, copyDataDir } from '../../infra/backup/copy-data-dir.js';
import { EXIT } from './exit-codes.js';
import { flawLine } from './flaw-line.js';
import { interruptible } from './interruptible.js';
import { Progress } from './progress.js';

/** What `backup` and `restore` have in common: copies a data directory, and says what came of it. */
export async function copied(
  options: Omit<CopyOptions, 'copying' | 'verifying'>,
  { json = false }: { readonly json?: boolean | undefined },
): Promise<void> {
  const bars = [new Progress('copy'), new Progress('verify')] as const;
  const [copying, verifying] = bars.map(({ step }) => step);
  const report = await interruptible((signal) =>
    copyDataDir({ ...options, ...(copying && { copying }), ...(verifying && { verifying }), signal }),
  ).finally(() => {
    for (const bar of bars) bar.end();
  });
  const { records, signed, root, flaws } = report;
  const state = flaws.length === 0 ? 'done' : 'broken';
  process.exitCode = state === 'done' ? EXIT.done : EXIT.wrong;
  const said =
    state === 'done'
      ? [`${options.to}: ${records} records, ${signed} of them under a signed checkpoint`, `root ${root}`]
      : [...flaws.map(flawLine), `${options.to}: nothing was written`];
  process.stdout.write(json ? `${JSON.stringify({ state, ...report })}\n` : `${said.join('\n')}\n`);
}
