import type { Dashboard, Series, SeriesPanel, SeriesSet } from './dashboards.ts';
import { variableOf } from './dashboards.ts';
import { kindOf, measureLabel, type MeasureKind } from './measure-words.ts';
import { modelLabel } from './model-label.ts';
import type { RuleMeasure } from './rule-measures.ts';

/** From what a panel asks to what it shows, the same on the page and on paper. Pure. */

/** Lines and areas in one chart at most: those with the most. */
export const MAX_DRAWN = 8;
/** Rows of bars and tables on paper, and bars on a page, at most. */
export const MAX_BARS = 12;
const MINUTE = 60_000;
/** At least this much of a window counts as passed, so that a rate over its first instant is no spike, in milliseconds. */
const LEAST_ELAPSED = 2_000;

/** What each variable stands for: as chosen, else as the dashboard says. */
export function variableValues(
  variables: Dashboard['variables'],
  chosen: (name: string) => string | null,
): Readonly<Record<string, string>> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, chosen(name) || value]));
}

/** The keys that a panel asks for, its variables filled in, each once. */
export function keysOf(panel: Pick<SeriesPanel, 'keys'>, values: Readonly<Record<string, string>>): string[] {
  const keys = panel.keys.map((key) => {
    const name = variableOf(key);
    return name === undefined ? key : (values[name] ?? key);
  });
  return [...new Set(keys)];
}

/** What the fleet, an agent, a host or a model is called. */
export function keyLabel(key: string, set: SeriesSet): string {
  if (set === 'fleet') return 'Fleet';
  return set === 'model' ? modelLabel(key) : key;
}

/** What a line is called: by its key, by its measure, or by both where there are several of both. */
export function seriesLabel(
  { key, measure }: Pick<Series, 'key' | 'measure'>,
  panel: Pick<SeriesPanel, 'set' | 'measures'>,
): string {
  const name = quantilesOfOne(panel.measures) ? measure.slice(measure.lastIndexOf('_') + 1) : measureLabel(measure);
  if (panel.set === 'fleet') return name;
  const label = keyLabel(key, panel.set);
  return panel.measures.length === 1 ? label : `${label} · ${name}`;
}

/** Whether several quantiles of the same are shown: their common name is the panel's. */
function quantilesOfOne(measures: readonly string[]): boolean {
  const families = new Set(measures.map((measure) => /^(.+)_p\d+$/.exec(measure)?.[1]));
  return measures.length > 1 && families.size === 1 && !families.has(undefined);
}

/** The series with the most, in the order of the answer, and how many are left out. */
export function drawnSeries(series: readonly Series[], most = MAX_DRAWN): { shown: Series[]; left: number } {
  if (series.length <= most) return { shown: [...series], left: 0 };
  const ranked = series.toSorted((a, b) => (b.total ?? -Infinity) - (a.total ?? -Infinity)).slice(0, most);
  return { shown: series.filter((one) => ranked.includes(one)), left: series.length - most };
}

/** The kind that a panel's values are of; a panel with several kinds draws no axis. */
export function kindOfPanel({ measures }: Pick<SeriesPanel, 'measures'>): MeasureKind {
  const [first] = measures;
  return first === undefined ? 'number' : kindOf(first);
}

const UNITS: Readonly<Record<MeasureKind, string>> = {
  count: 'per minute',
  money: 'US dollars per minute',
  share: 'share',
  percent: '% used',
  ms: '',
  s: '',
  byte_rate: 'bytes per second',
  number: '',
};

/** What stands beside the title of a chart over time. */
export function unitOf(kind: MeasureKind): string {
  return UNITS[kind];
}

/** The value of a window as a chart draws it: counts by minute of what has passed of the window, all else as it is. */
export function drawnValue(measure: string, value: number | null, elapsedMs: number): number | null {
  const kind = kindOf(measure as RuleMeasure);
  if (value === null || (kind !== 'count' && kind !== 'money')) return value;
  return (value / Math.max(LEAST_ELAPSED, elapsedMs)) * MINUTE;
}

export interface PanelTable {
  readonly measures: readonly string[];
  /** In the order of the answer; values in that of the measures. */
  readonly rows: readonly { readonly key: string; readonly values: readonly (number | null)[] }[];
}

/** The totals of a range: a row for each key, a column for each measure. */
export function tableOf(series: readonly Series[]): PanelTable {
  const measures = [...new Set(series.map(({ measure }) => measure))];
  const rows = new Map<string, (number | null)[]>();
  for (const { key, measure, total } of series) {
    const row = rows.get(key) ?? measures.map(() => null);
    row[measures.indexOf(measure)] = total;
    rows.set(key, row);
  }
  return { measures, rows: [...rows].map(([key, values]) => ({ key, values })) };
}
