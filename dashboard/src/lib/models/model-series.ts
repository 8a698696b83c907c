import type { Measures, ModelMetrics } from '@fleetbeat/contracts/api.ts';
import { modelLabel } from '@fleetbeat/contracts/model-label.ts';
import { OTHERS_COLOR, signsOf, type Sign } from '../charts/palette.ts';
import type { ChartSeries } from '../charts/shape.ts';

/** From measures by model to what charts and tables show. Pure. */

type Model = ModelMetrics['models'][number];

/** Models with a colour of their own; what is left is summed up. */
const MOST = 7;
const OTHERS = 'others';
const MINUTE = 60_000;

/** How each model is drawn that has a colour of its own in one of several charts. */
export type ModelSigns = ReadonlyMap<string, Sign>;

export interface ModelRow {
  readonly t: number;
  readonly values: readonly (number | null)[];
}

export interface ModelChart {
  readonly rows: readonly ModelRow[];
  readonly series: readonly ChartSeries<ModelRow>[];
}

/** A counted measure per minute, stacked: the models with the most of it, and the others as one. */
export function countedByModel(models: readonly Model[], count: (measures: Measures) => number, signs: ModelSigns): ModelChart {
  const ranked = rankedBy(models, count);
  const shown = ranked.slice(0, MOST);
  const rest = ranked.slice(MOST);
  const chart = rowsOf([...shown.map((model) => [model]), ...(rest.length > 0 ? [rest] : [])], (points) =>
    points.reduce((sum, point) => sum + count(point), 0),
  );
  const names = [...shown.map(({ model }) => model), ...(rest.length > 0 ? [OTHERS] : [])];
  return {
    rows: chart,
    series: names.map((name, index) => ({
      key: name,
      label: index === MOST ? `${rest.length} others` : modelLabel(name),
      ...(index === MOST ? UNSIGNED : (signs.get(name) ?? UNSIGNED)),
      value: (row, elapsedMs) => ((row.values[index] ?? 0) / elapsedMs) * MINUTE,
    })),
  };
}

/** A measure that does not add up, as lines: of the models with the most answers. */
export function linesByModel(
  models: readonly Model[],
  read: (measures: Measures) => number | null,
  signs: ModelSigns,
): ModelChart {
  const shown = withMostAnswers(models, read);
  return {
    rows: rowsOf(
      shown.map((model) => [model]),
      ([point]) => (point === undefined ? null : read(point)),
    ),
    series: shown.map(({ model }, index) => ({
      key: model,
      label: modelLabel(model),
      ...(signs.get(model) ?? UNSIGNED),
      value: (row) => row.values[index] ?? null,
    })),
  };
}

/** One sign for each model on all charts of a page: of those that are drawn by themselves in any of them. */
export function signsOfCharts(
  models: readonly Model[],
  counts: readonly ((measures: Measures) => number)[],
  reads: readonly ((measures: Measures) => number | null)[],
): ModelSigns {
  const drawn = [
    ...counts.flatMap((count) => rankedBy(models, count).slice(0, MOST)),
    ...reads.flatMap((read) => withMostAnswers(models, read)),
  ];
  return signsOf([...new Set(drawn.map(({ model }) => model))]);
}

const UNSIGNED: Sign = { color: OTHERS_COLOR, texture: 0 };

function rankedBy(models: readonly Model[], count: (measures: Measures) => number): Model[] {
  return models.filter(({ totals }) => count(totals) > 0).sort((a, b) => count(b.totals) - count(a.totals));
}

function withMostAnswers(models: readonly Model[], read: (measures: Measures) => number | null): Model[] {
  return models
    .filter(({ totals }) => read(totals) !== null)
    .sort((a, b) => b.totals.total_messages - a.totals.total_messages)
    .slice(0, MOST);
}

function rowsOf(groups: readonly (readonly Model[])[], value: (points: Measures[]) => number | null): ModelRow[] {
  const points = groups.map((group) => {
    const byTime = new Map<number, Measures[]>();
    for (const point of group.flatMap(({ series }) => series)) byTime.set(point.t, [...(byTime.get(point.t) ?? []), point]);
    return byTime;
  });
  const times = [...new Set(points.flatMap((byTime) => [...byTime.keys()]))].sort((a, b) => a - b);
  return times.map((t) => ({ t, values: points.map((byTime) => value(byTime.get(t) ?? [])) }));
}

export const MODEL_ORDERS = ['tokens', 'cost', 'answers', 'slowest', 'errors'] as const;
export type ModelOrder = (typeof MODEL_ORDERS)[number];

const ORDER_BY: Readonly<Record<ModelOrder, (measures: Measures) => number>> = {
  tokens: (measures) => measures.total_tokens_used,
  cost: (measures) => measures.total_cost_usd,
  answers: (measures) => measures.total_responses,
  slowest: (measures) => measures.response_time_p95 ?? -1,
  errors: (measures) => errorRateOf(measures) ?? -1,
};

/** By which column of a file that is, the most first. */
export const MODEL_COLUMNS: Readonly<Record<ModelOrder, string>> = {
  tokens: '-total_tokens_used',
  cost: '-total_cost_usd',
  answers: '-total_responses',
  slowest: '-response_time_p95',
  errors: '-error_rate',
};

/** The models, those first with the most of what they are put in order by. */
export function orderedModels(models: readonly Model[], order: ModelOrder): Model[] {
  return models.toSorted((a, b) => ORDER_BY[order](b.totals) - ORDER_BY[order](a.totals) || (a.model < b.model ? -1 : 1));
}

/** Errors by messages, 0 to 1; null where there was no message. */
export function errorRateOf({ total_errors: errors, total_messages: messages }: Measures): number | null {
  return messages === 0 ? null : errors / messages;
}
