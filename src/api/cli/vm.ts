import { Command } from 'commander';
import { whole } from './number.js';
import { facts, printItems, table } from './print.js';
import { type RemoteOptions, askItems, askJson, remote } from './remote.js';

/** A VM as the service answers it, as far as a table shows it. */
interface VmBody {
  readonly id: string;
  readonly name: string;
  readonly arch: string;
  readonly type: string;
  readonly semantics: string;
  readonly version: number;
  readonly position: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly destroyedAt?: string;
  readonly state: Readonly<Record<string, string>>;
  readonly memslots: readonly { slot: number; guestPhysAddr: string; size: string; flags: readonly string[] }[];
  readonly vcpus: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
}

interface StateBody {
  readonly state: Readonly<Record<string, string>>;
  readonly commands: Readonly<Record<string, string>>;
}

interface ListOptions extends RemoteOptions {
  readonly arch?: string;
  readonly state?: string;
  readonly label?: readonly string[];
  readonly limit: number;
  readonly json?: boolean;
}

interface ShowOptions extends RemoteOptions {
  readonly version?: string;
  readonly json?: boolean;
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

const pairs = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const pathOf = (vm: string): string => `/v1/vms/${encodeURIComponent(vm)}`;

const HEAD = ['ID', 'NAME', 'ARCH', 'SEMANTICS', 'STATE', 'VERSION', 'VCPUS', 'UPDATED', 'LABELS'];

const rowOf = ({ id, name, arch, semantics, state, version, vcpus, updatedAt, labels }: VmBody): string[] => [
  id,
  name,
  arch,
  semantics,
  state['lifecycle'] ?? '',
  String(version),
  String(vcpus.length),
  updatedAt,
  pairs(labels),
];

function textOf({ memslots, state, vcpus, labels, version, position, ...vm }: VmBody): string {
  const { id, name, arch, type, semantics, createdAt, updatedAt, destroyedAt } = vm;
  const own = { id, name, arch, type, semantics, version: String(version), position: String(position) };
  const times = { created: createdAt, updated: updatedAt, destroyed: destroyedAt };
  const rest = { vcpus: vcpus.join(' '), labels: pairs(labels), state: pairs(state) };
  const slots = memslots.map(({ slot, guestPhysAddr, size, flags }) => [
    String(slot),
    guestPhysAddr,
    size,
    flags.join(' '),
  ]);
  const listed = slots.length === 0 ? '' : `\n${table(['SLOT', 'GUEST PHYSICAL', 'SIZE', 'FLAGS'], slots)}`;
  return `${facts({ ...own, ...times, ...rest })}${listed}`;
}

const listCommand = (): Command =>
  remote(new Command('list'))
    .description('list VMs in order of id')
    .option('--arch <arch>', 'only those of an architecture')
    .option('--state <state>', 'only those that are live, or destroyed')
    .option('--label <name=value>', 'only those with a label; may be given more than once', collect)
    .option('--limit <number>', 'at most so many', whole('--limit', 1), 1000)
    .option('--json', 'one VM a line, as the service answers it')
    .action(async ({ arch, state, label, limit, json, ...options }: ListOptions) => {
      const vms = askItems<VmBody>(options, '/v1/vms', { arch, state, label }, limit);
      await printItems(vms, HEAD, rowOf, json);
    });

const showCommand = (): Command =>
  remote(new Command('show'))
    .description('show a VM, as it is or as it was')
    .argument('<vm>', 'its id')
    .option('--version <number>', 'as it was at this version')
    .option('--json', 'as the service answers it')
    .action(async (vm: string, { version, json, ...options }: ShowOptions) => {
      const body = await askJson<VmBody>(options, pathOf(vm), { version });
      process.stdout.write(json ? `${JSON.stringify(body)}\n` : textOf(body));
    });

const stateCommand = (): Command =>
  remote(new Command('state'))
    .description('show what a VM would answer to each command now')
    .argument('<vm>', 'its id')
    .option('--json', 'as the service answers it')
    .action(async (vm: string, { json, ...options }: ShowOptions) => {
      const body = await askJson<StateBody>(options, `${pathOf(vm)}/state`);
      const rows = Object.entries(body.commands);
      const text = `${facts(body.state)}\n${table(['COMMAND', 'ANSWER'], rows)}`;
      process.stdout.write(json ? `${JSON.stringify(body)}\n` : text);
    });

/** `vmledger vm`: the VMs of a running service. */
export const vmCommand = (): Command =>
  new Command('vm')
    .description('look at the VMs of a running service')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(stateCommand());
