import type { gaugePointSchema, Measures, visualizationsSchema } from '@fleetbeat/contracts/api.ts';
import type * as z from 'zod';
import { COLUMN, type Partial } from './partial.ts';

/** From partials, as merged from the store, to the figures that the API answers. */

type GaugePoint = z.infer<typeof gaugePointSchema>;
type TaskTotals = z.infer<typeof visualizationsSchema>['task_totals'];

const E = COLUMN.events;

function at(partial: Partial, column: number): number {
  return partial.values[column] as number;
}

function column(index: number): (partial: Partial) => number {
  return (partial) => at(partial, index);
}

function quantile(q: number): (partial: Partial) => number | null {
  return (partial) => {
    const estimate = at(partial, E.timed) === 0 ? null : (partial.sketch?.quantile(q) ?? null);
    // The extremes are known exactly; a bucket's middle may lie outside of them.
    return estimate === null
      ? null
      : Math.min(at(partial, E.response_us_max), Math.max(at(partial, E.response_us_min), estimate)) / 1_000;
  };
}

/** A column of microseconds as milliseconds, by what it is shared among; null where nothing was timed. */
function timed(value: number, divisor: (partial: Partial) => number): (partial: Partial) => number | null {
  return (partial) => (at(partial, E.timed) === 0 ? null : at(partial, value) / divisor(partial) / 1_000);
}

/**
 * How each measure is read from a partial of the family `events`: times in milliseconds, money in US dollars, scores as
 * sent. Quantiles (within 1%) are null where the partial was read without sketches.
 */
export const READ_MEASURE: { readonly [M in keyof Measures]: (partial: Partial) => Measures[M] } = {
  total_messages: column(E.messages),
  total_user_messages: column(E.user_messages),
  total_responses: column(E.responses),
  total_tool_calls: column(E.tool_calls),
  total_errors: column(E.errors),
  total_feedback: column(E.feedback),
  total_heartbeats: column(E.heartbeats),
  average_response_time: timed(E.response_us, column(E.timed)),
  response_time_min: timed(E.response_us_min, () => 1),
  response_time_max: timed(E.response_us_max, () => 1),
  response_time_p50: quantile(0.5),
  response_time_p95: quantile(0.95),
  response_time_p99: quantile(0.99),
  total_tokens_used: ({ values }) =>
    (values[E.input_tokens] as number) +
    (values[E.output_tokens] as number) +
    (values[E.cache_read_tokens] as number) +
    (values[E.cache_write_tokens] as number) +
    (values[E.reasoning_tokens] as number) +
    (values[E.other_tokens] as number),
  input_tokens: column(E.input_tokens),
  output_tokens: column(E.output_tokens),
  cache_read_tokens: column(E.cache_read_tokens),
  cache_write_tokens: column(E.cache_write_tokens),
  reasoning_tokens: column(E.reasoning_tokens),
  other_tokens: column(E.other_tokens),
  total_cost_usd: (partial) => at(partial, E.cost_micros) / 1e6,
  average_feedback_score: (partial) =>
    at(partial, E.scored) === 0 ? null : at(partial, E.score_micros) / at(partial, E.scored) / 1e6,
  unique_users: (partial) => partial.distinct?.estimate() ?? 0,
};

const MEASURE_NAMES = Object.keys(READ_MEASURE) as (keyof Measures)[];

/** All measures of a partial of the family `events`; see `READ_MEASURE`. */
export function measuresOf(partial: Partial): Measures {
  return Object.fromEntries(MEASURE_NAMES.map((name) => [name, READ_MEASURE[name](partial)])) as unknown as Measures;
}

/** One gauge over one window in the gauge's own unit, or null where there was no sample. */
export function gaugePointOf(t: number, partial: Partial): GaugePoint | null {
  const { values } = partial;
  const column = COLUMN.gauges;
  const samples = values[column.samples] as number;
  if (samples === 0) return null;
  return {
    t,
    avg: (values[column.total_millis] as number) / samples / 1e3,
    min: (values[column.min_millis] as number) / 1e3,
    max: (values[column.max_millis] as number) / 1e3,
    last: (values[column.last_millis] as number) / 1e3,
  };
}

/** How many samples a gauge's partial holds. */
export function gaugeSamples(partial: Partial): number {
  return partial.values[COLUMN.gauges.samples] as number;
}

/** Counts of a partial of the family `tasks`; the completion rate is null where no task has ended. */
export function taskTotalsOf(partial: Partial): TaskTotals {
  const { values } = partial;
  const column = COLUMN.tasks;
  const completed = values[column.completed] as number;
  const failed = values[column.failed] as number;
  const cancelled = values[column.cancelled] as number;
  const ended = completed + failed + cancelled;
  return {
    created: values[column.created] as number,
    started: values[column.started] as number,
    completed,
    failed,
    cancelled,
    completion_rate: ended === 0 ? null : completed / ended,
  };
}

/** Durations of the tasks that ended, in milliseconds; null where none was timed or (quantiles) no sketch was read. */
export function taskDurationsOf(partial: Partial): { average: number | null; p50: number | null; p95: number | null } {
  const timed = partial.values[COLUMN.tasks.timed] as number;
  const total = partial.values[COLUMN.tasks.duration_ms] as number;
  return {
    average: timed === 0 ? null : total / timed,
    p50: partial.sketch?.quantile(0.5) ?? null,
    p95: partial.sketch?.quantile(0.95) ?? null,
  };
}
