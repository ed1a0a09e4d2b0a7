import { Command } from 'commander';
import { type Explanation, explain } from '../../domain/explain/explain.js';
import type { Rule } from '../../domain/explain/rule.js';
import { table } from './print.js';

const HEAD = ['COMMAND', 'ERRNO', 'WHEN', 'ARCH', 'SOURCE'];

const rowOf = ({ command, errno, condition, archs, source }: Rule): string[] => [
  command,
  errno,
  condition,
  archs?.join(' ') ?? 'all',
  source,
];

function textOf({ what, meaning, source, rules }: Explanation): string {
  const head = `${what}: ${meaning}\n${source === undefined ? '' : `source: ${source}\n`}`;
  return rules.length === 0 ? head : `${head}\n${table(HEAD, rules.map(rowOf))}`;
}

/** `vmledger explain`: why something is refused, and where that is written. */
export const explainCommand = (): Command =>
  new Command('explain')
    .description('say what an errno, a command, a memory operation or a program interruption means, with the sources')
    .argument('<words...>', 'as in EBUSY, mem_ctrl/enable_cmma, memop absolute_cmpxchg, memop 0x3b, 0x10')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExit codes: 0 explained, 2 not known')
    .action((words: string[], { json }: { readonly json?: boolean }) => {
      const found = explain(words);
      if (found.length === 0) throw new Error(`nothing is known of ${words.join(' ')}`);
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : found.map(textOf).join('\n'));
    });
