import { Command } from 'commander';
import { hexdump } from '../../domain/memory/hexdump.js';
import { type RemoteOptions, askJson, remote } from './remote.js';

interface Options extends RemoteOptions {
  readonly version?: string;
  readonly at?: string;
  readonly raw?: boolean;
  readonly json?: boolean;
}

interface MemoryBody {
  readonly data: string;
}

const readCommand = (): Command =>
  remote(new Command('read'))
    .description('read guest memory, as it is or as it was; the reading is recorded')
    .argument('<vm>', 'its id')
    .argument('<gpa>', 'the first byte, a guest physical address')
    .argument('<size>', 'how many bytes')
    .option('--version <number>', 'as it was at this version')
    .option('--at <time>', 'as it was at this time (RFC 3339)')
    .option('--raw', 'the bytes as they are')
    .option('--json', 'as the service answers it')
    .action(async (vm: string, gpa: string, size: string, { version, at, raw, json, ...options }: Options) => {
      const query = { gpa, size, version, at };
      const body = await askJson<MemoryBody>(options, `/v1/vms/${encodeURIComponent(vm)}/memory`, query);
      const bytes = Buffer.from(body.data, 'base64');
      process.stdout.write(
        json ? `${JSON.stringify(body)}\n` : raw ? bytes : [...hexdump(bytes, BigInt(gpa))].join(''),
      );
    });

/** `vmledger memory`: the memory of the VMs of a running service. */
export const memoryCommand = (): Command =>
  new Command('memory').description('look at guest memory in a running service').addCommand(readCommand());
