/** As much of a statechart's node as its picture needs; an xstate machine's root is one. */
export interface ChartNode {
  readonly key: string;
  readonly states: Readonly<Record<string, ChartNode>>;
  readonly initial: { readonly target: readonly ChartNode[] };
  readonly transitions: ReadonlyMap<string, readonly ChartArrow[]>;
}

/** An arrow of a statechart. */
export interface ChartArrow {
  readonly guard?: unknown;
  readonly target: readonly ChartNode[] | undefined;
  readonly actions: readonly unknown[];
}

/** An arrow in words. */
export interface Row {
  readonly region: string;
  readonly state: string;
  readonly event: string;
  /** Names of the guards, all of which must hold. */
  readonly when: readonly string[];
  /** `record(fact)`, `refuse(errno)`, `accept`, or nothing where another region speaks. */
  readonly says: string;
  /** The state that it goes to, the same if it stays. */
  readonly to: string;
}

/** True of every living VM, so not worth saying. */
const UNSAID = 'live';

function guardNames(guard: unknown): readonly string[] {
  if (typeof guard === 'string') return [guard];
  if (typeof guard !== 'function' || !('guards' in guard)) return [];
  return (guard.guards as readonly unknown[]).flatMap(guardNames).filter((name) => name !== UNSAID);
}

function saying(action: unknown): string {
  if (typeof action === 'string') return action;
  const { type, params } = action as { type: string; params?: Readonly<Record<string, string>> };
  return `${type}(${Object.values(params ?? {}).join(', ')})`;
}

const entriesOf = (node: ChartNode): readonly ChartNode[] => Object.values(node.states);

/** Every arrow of a chart of parallel regions, in the chart's order. */
export const arrowsOf = (root: ChartNode): Row[] =>
  entriesOf(root).flatMap((region) =>
    entriesOf(region).flatMap((state) =>
      [...state.transitions].flatMap(([event, arrows]) =>
        arrows.map(({ guard, target, actions }) => ({
          region: region.key,
          state: state.key,
          event: event === '*' ? 'every command' : event,
          when: guardNames(guard),
          says: actions.map(saying).join(', '),
          to: target?.[0]?.key ?? state.key,
        })),
      ),
    ),
  );

const label = ({ event, when, says }: Row): string =>
  [event, ...(when.length > 0 ? [`[${when.join(' and ')}]`] : []), ...(says === '' ? [] : [`/ ${says}`])].join(' ');

/** Arrows between the same two states share one line of the picture. */
function drawArrows(rows: readonly Row[]): string[] {
  const lines = new Map<string, string[]>();
  for (const row of rows) {
    const line = `${row.region}_${row.state} --> ${row.region}_${row.to}`;
    lines.set(line, [...(lines.get(line) ?? []), label(row)]);
  }
  return [...lines].map(([line, labels]) => `${line} : ${labels.join('<br/>')}`);
}

function drawRegion(region: ChartNode, rows: readonly Row[]): string[] {
  const states = entriesOf(region).map(({ key }) => `state "${key}" as ${region.key}_${key}`);
  const initial = region.initial.target.map(({ key }) => `[*] --> ${region.key}_${key}`);
  const own = rows.filter((row) => row.region === region.key);
  return [`state ${region.key} {`, ...[...states, ...initial, ...drawArrows(own)].map((line) => `  ${line}`), '}'];
}

/** The chart as a Mermaid `stateDiagram-v2`: one composite state, its regions side by side. */
export function mermaid(root: ChartNode): string {
  const rows = arrowsOf(root);
  const regions = entriesOf(root).map((region) => drawRegion(region, rows));
  const body = regions.flatMap((lines, i) => (i === 0 ? lines : ['--', ...lines]));
  return ['stateDiagram-v2', `  state ${root.key} {`, ...body.map((line) => `    ${line}`), '  }'].join('\n');
}
