import {
  MAX_SERIES_KEYS,
  SERIES_SETS,
  seriesMistake,
  type Display,
  type SeriesPanel,
  type SeriesSet,
} from '@fleetbeat/contracts/dashboards.ts';
import { HEATMAP_SETS, type HeatmapSet } from '@fleetbeat/contracts/latency-heatmap.ts';
import { measureLabel } from '@fleetbeat/contracts/measure-words.ts';
import { MEASURES_OF, type RuleMeasure } from '@fleetbeat/contracts/rule-measures.ts';

/** What somebody explores, as the URL carries it. Pure. */

export const SHAPES = ['line', 'area', 'stack', 'heat'] as const;
export type Shape = (typeof SHAPES)[number];

export interface ExploreQuestion {
  readonly set: SeriesSet;
  readonly measure: RuleMeasure;
  readonly keys: readonly string[];
  readonly shape: Shape;
  /** With the equally long stretch before. */
  readonly compare: boolean;
}

/** Lines that can be told apart. */
export const MOST_KEYS = 8;
export const FIRST_MEASURE: Readonly<Record<SeriesSet, RuleMeasure>> = {
  fleet: 'total_messages',
  model: 'total_cost_usd',
  agent: 'total_messages',
  host: 'cpu_usage',
};
const LONGEST_KEY = 200;

/** What a URL asks; whatever makes no sense in it is as if it were missing. */
export function parseQuestion(parameters: Pick<URLSearchParams, 'get' | 'getAll'>): ExploreQuestion {
  const set = SERIES_SETS.find((one) => one === parameters.get('set')) ?? 'fleet';
  const measure = MEASURES_OF[set].find((one) => one === parameters.get('measure')) ?? FIRST_MEASURE[set];
  const keys = [...new Set(parameters.getAll('key').map((key) => key.trim().slice(0, LONGEST_KEY)))].filter((key) => key !== '');
  const shape = SHAPES.find((one) => one === parameters.get('as')) ?? 'line';
  return {
    set,
    measure,
    keys: set === 'fleet' ? [] : keys.slice(0, MOST_KEYS),
    shape: shape === 'heat' && !isTimed(set) ? 'line' : shape,
    compare: parameters.get('compare') === '1' && shape !== 'heat' && shape !== 'stack',
  };
}

/** The same as parameters, over those that belong to others: the range of time. */
export function questionParameters(question: ExploreQuestion, others = ''): URLSearchParams {
  const parameters = new URLSearchParams(others);
  for (const name of ['set', 'measure', 'key', 'as', 'compare']) parameters.delete(name);
  parameters.set('set', question.set);
  parameters.set('measure', question.measure);
  for (const key of question.keys) parameters.append('key', key);
  if (question.shape !== 'line') parameters.set('as', question.shape);
  if (question.compare) parameters.set('compare', '1');
  return parameters;
}

/** Where a question is answered. */
export function explorePath(question: Partial<ExploreQuestion> & Pick<ExploreQuestion, 'set' | 'measure'>, others = ''): string {
  const whole: ExploreQuestion = { keys: [], shape: 'line', compare: false, ...question };
  return `/explore?${questionParameters(whole, others).toString()}`;
}

/** Whether the answers of a set are timed, so that they spread over a heatmap. */
export function isTimed(set: SeriesSet): set is HeatmapSet {
  return (HEATMAP_SETS as readonly string[]).includes(set);
}

/** What keeps a question from being answered, as a sentence; null where nothing does. */
export function questionMistake({ set, keys, measure, shape }: ExploreQuestion): string | null {
  if (shape === 'heat' && set !== 'fleet' && keys.length !== 1) {
    return `A heatmap shows one ${set} at a time: choose one.`;
  }
  const mistake = seriesMistake({ set, keys, measures: [measure] });
  return mistake === undefined ? null : `${mistake.reason.charAt(0).toUpperCase()}${mistake.reason.slice(1)}.`;
}

/** "Cost by model", "Response time p95 of the fleet" */
export function questionTitle({
  set,
  measure,
  keys,
  shape,
}: Pick<ExploreQuestion, 'set' | 'measure' | 'keys' | 'shape'>): string {
  const [only] = keys;
  const label = shape === 'heat' ? 'Response times' : measureLabel(measure);
  if (set === 'fleet') return `${label} of the fleet`;
  return keys.length === 1 && only !== undefined ? `${label} of ${only}` : `${label} by ${set}`;
}

/** The question as a panel of a dashboard; a heatmap is none. */
export function panelOf(question: ExploreQuestion, id: string, place: Pick<SeriesPanel, 'x' | 'y' | 'w' | 'h'>): SeriesPanel {
  const { set, measure, keys, shape } = question;
  const display: Display = shape === 'heat' ? 'line' : shape;
  return {
    kind: 'series',
    id,
    ...place,
    title: questionTitle(question).slice(0, 256),
    set,
    keys: keys.slice(0, MAX_SERIES_KEYS),
    measures: [measure],
    display,
  };
}
