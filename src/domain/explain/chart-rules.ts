import { ERRNO, type Errno } from '../errno.js';
import { CHARTS } from '../vm/law/consult.js';
import { type Row, arrowsOf } from '../vm/documents/mermaid.js';
import type { Arch } from '../vm/state.js';
import { CHART_SOURCES } from './chart-sources.js';
import { CONDITIONS, STATES } from './conditions.js';
import type { Rule } from './rule.js';

const REFUSAL = /^refuse\((\w+)\)$/;

const isErrno = (name: string | undefined): name is Errno => name !== undefined && name in ERRNO;

/** What holds where an arrow refuses; states alone speak where there is no other condition. */
function conditionOf({ region, state, when }: Row): string {
  const words = when.map((name) => (CONDITIONS as Readonly<Record<string, string>>)[name] ?? name);
  return words.length > 0 ? words.join(', and ') : (STATES[`${region}.${state}`] ?? `${region} is ${state}`);
}

/** Every refusal of a chart, once. */
function rulesOf(arch: Arch): Rule[] {
  const rules = arrowsOf(CHARTS[arch].root).flatMap((row): Rule[] => {
    const [, errno] = REFUSAL.exec(row.says) ?? [];
    if (!isErrno(errno)) return [];
    const [command, source] = CHART_SOURCES[row.event] ?? [row.event, ''];
    return [{ command, errno, condition: conditionOf(row), source, archs: [arch] }];
  });
  return [...new Map(rules.map((rule) => [keyOf(rule), rule])).values()];
}

/** Rules of the same key say the same. */
const keyOf = ({ command, errno, condition, source }: Rule): string => [command, errno, condition, source].join('\n');

/** What the charts refuse, in their order; a rule that several of them have is one. */
export function chartRules(): readonly Rule[] {
  const rules = new Map<string, Rule>();
  for (const rule of (Object.keys(CHARTS) as Arch[]).flatMap(rulesOf)) {
    const archs = rules.get(keyOf(rule))?.archs ?? [];
    rules.set(keyOf(rule), { ...rule, archs: [...archs, ...(rule.archs ?? [])] });
  }
  return [...rules.values()];
}
