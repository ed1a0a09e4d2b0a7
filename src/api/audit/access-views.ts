import { hex } from '../../domain/json.js';
import type { Blamed } from '../../infra/accesses/access-index.js';
import type { AccessBody, FoundAccess } from '../../infra/accesses/search.js';
import type { Change } from '../../infra/machines/comparison.js';
import type { Column, Row } from '../http/table.js';

const rfc3339 = (time: number): string => new Date(time).toISOString();

const sized = <Part extends { readonly size: number }>({ size, ...rest }: Part) => ({ ...rest, size: hex(size) });

/** An access as it is answered. */
export function accessView({ position, n: _, vm, version, time, actor, type, kind, ret, body }: FoundAccess) {
  const { requestId, item, vcpu, asOf, errno, given, resolved, shared, data } = body;
  const where = { position, vm, version, time: rfc3339(time), actor, requestId, command: type, kind };
  const more = { item, vcpu, asOf, ret, errno, given: given && { ...given } };
  const places = { resolved: resolved.map(sized), shared: shared.map(sized) };
  return { ...where, ...more, ...places, data: data.map((piece) => ({ ...piece })) };
}

type AccessView = ReturnType<typeof accessView>;

const column = <Shown extends Row>(name: keyof Shown & string): Column<Shown> => ({ name, of: (row) => row[name] });

const parts = (list: readonly { readonly absolute: string; readonly size: string }[]): string =>
  list.map(({ absolute, size }) => `${absolute}+${size}`).join(' ');

export const ACCESS_COLUMNS: readonly Column<AccessView>[] = [
  ...(
    [
      'position',
      'vm',
      'version',
      'time',
      'actor',
      'requestId',
      'command',
      'kind',
      'item',
      'vcpu',
      'asOf',
      'ret',
      'errno',
    ] as const
  ).map((name) => column<AccessView>(name)),
  { name: 'space', of: ({ given }) => given?.space },
  { name: 'address', of: ({ given }) => given?.address },
  { name: 'size', of: ({ given }) => given?.size },
  { name: 'resolved', of: ({ resolved }) => parts(resolved) },
  { name: 'shared', of: ({ shared }) => shared.map(({ vm, ...part }) => `${vm}:${parts([part])}`).join(' ') },
  { name: 'data', of: ({ data }) => data.map(({ role, commitment }) => `${role}:${commitment}`).join(' ') },
];

/** A run of memory as it is answered. */
export function blameView({ absolute, size, backed, by, hidden }: Blamed & { readonly hidden?: true }) {
  const run = { gpa: hex(absolute), size: hex(size), backed, hidden };
  if (by === undefined) return run;
  const { position, vm, version, time, actor, type, kind, body } = by;
  const { item } = JSON.parse(body) as AccessBody;
  return { ...run, write: { position, vm, version, time: rfc3339(time), actor, command: type, kind, item } };
}

interface BlameView extends Row {
  readonly write?: Row;
}

export const BLAME_COLUMNS: readonly Column<BlameView>[] = [
  ...['gpa', 'size', 'backed', 'hidden'].map((name) => column<BlameView>(name)),
  ...['position', 'vm', 'version', 'time', 'actor', 'command', 'kind', 'item'].map((name) => ({
    name,
    of: ({ write }: BlameView) => write?.[name],
  })),
];

/** A change as it is answered. */
export const changeView = (change: Change): Row =>
  change.what === 'memory' ? { ...change, gpa: hex(change.gpa), size: hex(change.size) } : { ...change };

export const CHANGE_COLUMNS = ['what', 'path', 'from', 'to', 'gpa', 'size', 'erased'].map((name) => column<Row>(name));
