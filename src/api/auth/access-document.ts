import { ROLES, type Role } from '../../infra/access/principal.js';
import { ACCESS, type Access, isAllowed } from './access.js';

const COLUMNS = ROLES;

const REACHES = {
  vm: 'the VM of the path',
  own: 'VMs that are there for the token',
  all: 'all VMs: the token must not be limited to labels',
  none: 'no VM',
} as const;

const mark = (access: Access, role: Role): string =>
  isAllowed(access, { actor: '', roles: new Set([role]), labels: [] }) ? 'yes' : '';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function rowOf([name, access]: readonly [string, Access | 'public']): string {
  if (access === 'public') return row([`\`${name}\``, ...COLUMNS.map(() => 'yes'), 'nothing; no token is needed']);
  return row([`\`${name}\``, ...COLUMNS.map((role) => mark(access, role)), REACHES[access.reach]]);
}

/** docs/access.md: the table of who may do what, from the code. */
export function accessDocument(): string {
  const rows = Object.entries(ACCESS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(rowOf);
  const head = [row(['operation', ...COLUMNS, 'about']), row(['---', ...COLUMNS.map(() => '---'), '---'])];
  const text = `Written by \`npm run docs\` from src/api/auth/access.ts. Operations have the names of the OpenAPI document (\`operationId\`).`;
  return `<!-- prettier-ignore-start -->\n\n# Who may do what\n\n${text}\n\n${[...head, ...rows].join('\n')}\n\n<!-- prettier-ignore-end -->\n`;
}
