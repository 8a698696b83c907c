import type { gaugePointSchema, Measures, visualizationsSchema } from '@fleetbeat/contracts/api.ts';
import type * as z from 'zod';
import { COLUMN, type Partial } from './partial.ts';

/** From partials, as merged from the store, to the figures that the API answers. */

type GaugePoint = z.infer<typeof gaugePointSchema>;
type TaskTotals = z.infer<typeof visualizationsSchema>['task_totals'];

/**
 * Measures of a partial of the family `events`: times in milliseconds, money in US dollars, scores as
 * sent. Quantiles (within 1%) are null where the partial was read without sketches.
 */
export function measuresOf(partial: Partial): Measures {
  const { values } = partial;
  const column = COLUMN.events;
  const at = (index: number) => values[index] as number;
  const timed = at(column.timed);
  const scored = at(column.scored);
  const min = at(column.response_us_min);
  const max = at(column.response_us_max);
  const quantile = (q: number): number | null => {
    const estimate = timed === 0 ? null : (partial.sketch?.quantile(q) ?? null);
    // The extremes are known exactly; a bucket's middle may lie outside of them.
    return estimate === null ? null : Math.min(max, Math.max(min, estimate)) / 1_000;
  };
  const tokens =
    at(column.input_tokens) +
    at(column.output_tokens) +
    at(column.cache_read_tokens) +
    at(column.cache_write_tokens) +
    at(column.reasoning_tokens) +
    at(column.other_tokens);
  return {
    total_messages: at(column.messages),
    total_user_messages: at(column.user_messages),
    total_responses: at(column.responses),
    total_tool_calls: at(column.tool_calls),
    total_errors: at(column.errors),
    total_feedback: at(column.feedback),
    total_heartbeats: at(column.heartbeats),
    average_response_time: timed === 0 ? null : at(column.response_us) / timed / 1_000,
    response_time_min: timed === 0 ? null : min / 1_000,
    response_time_max: timed === 0 ? null : max / 1_000,
    response_time_p50: quantile(0.5),
    response_time_p95: quantile(0.95),
    response_time_p99: quantile(0.99),
    total_tokens_used: tokens,
    input_tokens: at(column.input_tokens),
    output_tokens: at(column.output_tokens),
    cache_read_tokens: at(column.cache_read_tokens),
    cache_write_tokens: at(column.cache_write_tokens),
    reasoning_tokens: at(column.reasoning_tokens),
    other_tokens: at(column.other_tokens),
    total_cost_usd: at(column.cost_micros) / 1e6,
    average_feedback_score: scored === 0 ? null : at(column.score_micros) / scored / 1e6,
    unique_users: partial.distinct?.estimate() ?? 0,
  };
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
