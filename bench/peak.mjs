// Loaded into a process (node --import): tells at its end how many KiB of memory it had at most.
import { existsSync, readFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/** Linux counts what the process that started it had as a child's own too (getrusage), but not here. */
const peak = () =>
  existsSync(STATUS) ? /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8'))?.[1] : process.resourceUsage().maxRSS;

process.on('exit', () => process.stderr.write(`peak ${peak()}\n`));
