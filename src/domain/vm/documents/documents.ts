import { ATTRIBUTE_GROUPS as aarch64Groups } from '../../aarch64/attributes.js';
import { VCPU_ATTRIBUTE_GROUPS as aarch64VcpuGroups } from '../../aarch64/attributes-vcpu.js';
import { chart as aarch64Chart } from '../../aarch64/chart.js';
import { allRules } from '../../explain/explain.js';
import { ATTRIBUTE_GROUPS as s390xGroups } from '../../s390x/attributes/attributes.js';
import { chart as s390xChart } from '../../s390x/chart/chart.js';
import { chart as x86Chart } from '../../x86_64/chart/chart.js';
import type { AttributeGroup } from '../attribute.js';
import { AARCH64_MATRIX_HEAD, aarch64Matrix } from './matrix-aarch64.js';
import { pagingPage } from './document-paging.js';
import { code, page, table } from './markdown.js';
import { X86_MATRIX_HEAD, x86Matrix } from './matrix-x86.js';
import { MATRIX_HEAD, type MatrixRow, matrix } from './matrix.js';
import { type ChartNode, arrowsOf, mermaid } from './mermaid.js';
import { SWITCHES, type Semantics } from '../semantics.js';

function chartPage(arch: string, root: ChartNode): string {
  const rows = arrowsOf(root).map(({ region, state, event, when, says, to }) => [
    region,
    state,
    event === 'every command' ? event : code(event),
    when.map(code).join(', '),
    code(says),
    to === state ? '' : to,
  ]);
  return page(
    `The statechart of an ${arch} VM`,
    'Regions side by side, each in one state at a time. An arrow reads `command [conditions] / what is said`: `record` a fact, `refuse` with an errno, or `accept` with nothing to record. Of the arrows of one command in one state the first whose conditions hold is taken. An arrow that says nothing follows a fact that another region records. Every arrow but those of a destroyed VM needs a living one.',
    ['```mermaid', mermaid(root), '```'].join('\n'),
    '## Arrows in order',
    table(['region', 'state', 'command', 'if', 'says', 'goes to'], rows),
  );
}

const semanticsPage = (): string =>
  page(
    'Where documents and kernel disagree',
    "A VM's `semantics` is `documented` (default) or `kernel`. What is not listed here is the same in both.",
    table(
      ['switch', '`documented`', '`kernel`'],
      Object.entries(SWITCHES).map(([name, { documented, kernel }]) => [code(name), documented, kernel]),
    ),
  );

/** @param ungettable what a GET of an attribute that cannot be read is answered */
const attributeTable = <Target>(groups: readonly AttributeGroup<Target>[], ungettable: string): string =>
  table(
    ['attribute', 'number', 'payload', 'SET', 'GET'],
    groups.flatMap(({ name: group, number, attributes }) =>
      attributes.map(({ name, number: attr, payload, set, get }) => [
        code(`${group}/${name}`),
        `${number}.${attr.toString()}`,
        Object.keys(payload.shape).map(code).join(', ') || 'none',
        set ? 'yes' : 'ENXIO',
        get ? 'yes' : ungettable,
      ]),
    ),
  );

const attributesPage = (): string =>
  page(
    'Device attributes',
    'What KVM_SET_DEVICE_ATTR and KVM_GET_DEVICE_ATTR take. A group or attribute that is not listed is ENXIO.',
    '## Of an s390x VM',
    attributeTable(s390xGroups, 'ENXIO'),
    '## Of an aarch64 VM',
    'arm64 has no KVM_GET_DEVICE_ATTR on the VM: whatever is asked for is EINVAL.',
    attributeTable(aarch64Groups, 'EINVAL'),
    '## Of an aarch64 vCPU',
    attributeTable(aarch64VcpuGroups, 'ENXIO'),
  );

const cell = (answer: string): string => (answer === 'accepted' ? 'yes' : answer);

const matrixTable = (head: readonly string[], rows: readonly MatrixRow<string>[]): string =>
  table(
    ['command', ...head],
    rows.map(({ command, answers }) => [code(command), ...answers.map(cell)]),
  );

function matrixPage(
  arch: string,
  head: readonly string[],
  matrixOf: (semantics: Semantics) => readonly MatrixRow<string>[],
): string {
  const documented = matrixOf('documented');
  const differing = matrixOf('kernel').filter(({ answers }, i) => answers.join() !== documented[i]?.answers.join());
  return page(
    `What an ${arch} VM accepts, and when`,
    'Each command in configurations of a VM on the default machine: `yes` if there are arguments with which it is accepted, else the errno that it gets whatever its arguments. `GET /v1/vms/{vm}/state` answers the same for a VM as it is.',
    'With the semantics `documented`:',
    matrixTable(head, documented),
    ...(differing.length > 0 ? ['With the semantics `kernel`, where it differs:', matrixTable(head, differing)] : []),
  );
}

const rulesPage = (): string =>
  page(
    'Why a command is refused',
    'Every rule by which a command is refused, and where it is written. `vmledger explain` prints the same by errno or command.',
    table(
      ['command', 'errno', 'when', 'architectures', 'source'],
      allRules().map(({ command, errno, condition, archs, source }) => [
        code(command),
        errno,
        condition,
        archs?.join(', ') ?? 'all',
        source,
      ]),
    ),
  );

/** The documents that are made from the domain's tables, by file name in docs/generated. */
export const documents = (): Readonly<Record<string, string>> => ({
  's390x-chart.md': chartPage('s390x', s390xChart.root),
  's390x-matrix.md': matrixPage('s390x', MATRIX_HEAD, matrix),
  'x86_64-chart.md': chartPage('x86_64', x86Chart.root),
  'x86_64-matrix.md': matrixPage('x86_64', X86_MATRIX_HEAD, x86Matrix),
  'aarch64-chart.md': chartPage('aarch64', aarch64Chart.root),
  'aarch64-matrix.md': matrixPage('aarch64', AARCH64_MATRIX_HEAD, aarch64Matrix),
  'semantics.md': semanticsPage(),
  'attributes.md': attributesPage(),
  'x86_64-paging.md': pagingPage(),
  'rules.md': rulesPage(),
});
