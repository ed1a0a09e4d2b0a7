/** One family of an exposition: its type, and its samples by name and labels as they stand there. */
export interface Family {
  readonly type: string;
  readonly samples: Map<string, number>;
}

const SAMPLE = /^([a-z0-9_]+)((?:\{(?:[a-z]+="[^"\\]*",?)+\})?) (\S+)$/;

/** What the names of a family's samples may end with, by type (OpenMetrics 1.0, "Metric Types"). */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

/** Reads an exposition as OpenMetrics 1.0 has it; throws where it has it otherwise. */
export function familiesOf(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n# EOF\n')) throw new Error('there is no # EOF at the end');
  const families = new Map<string, Family>();
  let name = '';
  // What prom-client writes as Nan is NaN: names are case-sensitive, numbers are not.
  for (const line of text.slice(0, -'\n# EOF\n'.length).split('\n')) {
    const [, keyword, of = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(of) || /["\\]/.test(rest)) throw new Error(`HELP of ${of}`);
      name = of;
    } else if (keyword === 'TYPE') {
      if (of !== name || !(rest in SUFFIXES)) throw new Error(`TYPE of ${of}: ${rest}`);
      families.set(name, { type: rest, samples: new Map() });
    } else {
      const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
      const family = families.get(name);
      if (!SUFFIXES[family?.type ?? '']?.some((suffix) => `${name}${suffix}` === sample)) throw new Error(line);
      const number = /^nan$/i.test(value) ? 0 : Number(value);
      if (value === '' || Number.isNaN(number) || family?.samples.has(sample + labels)) throw new Error(line);
      family?.samples.set(sample + labels, Number(value));
    }
  }
  return families;
}

/** The value of a sample, by its name and labels as they stand there; undefined if there is none. */
export function sampleOf(families: ReadonlyMap<string, Family>, sample: string): number | undefined {
  for (const { samples } of families.values()) if (samples.has(sample)) return samples.get(sample);
  return undefined;
}
