import type { AttributeGroup } from './attribute.js';
import { ATTRIBUTE_GROUPS } from '../s390x/attributes.js';
import { chart } from '../s390x/chart.js';
import { type ChartNode, arrowsOf, mermaid } from './mermaid.js';
import { MATRIX_HEAD, type MatrixRow, matrix } from './matrix.js';
import { SWITCHES } from './semantics.js';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const page = (title: string, ...paragraphs: readonly string[]): string =>
  [`# ${title}`, 'Generated from the code by `npm run docs`; do not edit.', ...paragraphs].join('\n\n') + '\n';

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

function chartPage(root: ChartNode): string {
  const rows = arrowsOf(root).map(({ region, state, event, when, says, to }) => [
    region,
    state,
    event === 'every command' ? event : code(event),
    when.map(code).join(', '),
    code(says),
    to === state ? '' : to,
  ]);
  return page(
    'The statechart of an s390x VM',
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

const attributeRows = ({ name: group, number, attributes }: AttributeGroup): string[][] =>
  attributes.map(({ name, number: attr, payload, set, get }) => [
    code(`${group}/${name}`),
    `${number}.${attr.toString()}`,
    Object.keys(payload.shape).map(code).join(', ') || 'none',
    set ? 'yes' : 'ENXIO',
    get ? 'yes' : 'ENXIO',
  ]);

const attributesPage = (): string =>
  page(
    'Device attributes of an s390x VM',
    'What KVM_SET_DEVICE_ATTR and KVM_GET_DEVICE_ATTR take on the VM. A group or attribute that is not listed is ENXIO.',
    table(['attribute', 'number', 'payload', 'SET', 'GET'], ATTRIBUTE_GROUPS.flatMap(attributeRows)),
  );

const cell = (answer: string): string => (answer === 'accepted' ? 'yes' : answer);

const matrixTable = (rows: readonly MatrixRow[]): string =>
  table(
    ['command', ...MATRIX_HEAD],
    rows.map(({ command, answers }) => [code(command), ...answers.map(cell)]),
  );

function matrixPage(): string {
  const documented = matrix('documented');
  const differing = matrix('kernel').filter(({ answers }, i) => answers.join() !== documented[i]?.answers.join());
  return page(
    'What an s390x VM accepts, and when',
    'Each command in configurations of a VM on the default machine: `yes` if there are arguments with which it is accepted, else the errno that it gets whatever its arguments. `GET /v1/vms/{vm}/state` answers the same for a VM as it is.',
    'With the semantics `documented`:',
    matrixTable(documented),
    ...(differing.length > 0 ? ['With the semantics `kernel`, where it differs:', matrixTable(differing)] : []),
  );
}

/** The documents that are made from the domain's tables, by file name in docs/generated. */
export const documents = (): Readonly<Record<string, string>> => ({
  's390x-chart.md': chartPage(chart.root),
  's390x-matrix.md': matrixPage(),
  'semantics.md': semanticsPage(),
  'attributes.md': attributesPage(),
});
