import { SETS, type Family } from '@fleetbeat/contracts/aggregates.ts';
import type { RuleMeasure, WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import { COLUMN } from '../time-series/partial.ts';

/** What of a window a rule needs: columns of `Partial.values`, and which sketches. */
export interface NeededColumns {
  readonly columns: readonly number[];
  readonly sketch: boolean;
  readonly distinct: boolean;
}

const E = COLUMN.events;
const T = COLUMN.tasks;

/** Where any of these is not 0, there was something in the window; they are always needed. */
export const PRESENCE: Readonly<Record<Family, readonly number[]>> = {
  events: [E.messages, E.heartbeats],
  gauges: [COLUMN.gauges.samples],
  tasks: [T.events],
};

const TIMED = [E.timed, E.response_us, E.response_us_min, E.response_us_max];
const TOKENS = [E.input_tokens, E.output_tokens, E.cache_read_tokens, E.cache_write_tokens, E.reasoning_tokens, E.other_tokens];
const ENDED = [T.completed, T.failed];

/** Columns beside those of `PRESENCE`; gauges have the same for all. */
const COLUMNS: Readonly<Partial<Record<RuleMeasure, readonly number[]>>> = {
  error_rate: [E.errors],
  total_user_messages: [E.user_messages],
  total_responses: [E.responses],
  total_tool_calls: [E.tool_calls],
  total_errors: [E.errors],
  total_feedback: [E.feedback],
  average_response_time: TIMED,
  response_time_min: TIMED,
  response_time_max: TIMED,
  response_time_p50: TIMED,
  response_time_p95: TIMED,
  response_time_p99: TIMED,
  total_tokens_used: TOKENS,
  input_tokens: [E.input_tokens],
  output_tokens: [E.output_tokens],
  cache_read_tokens: [E.cache_read_tokens],
  cache_write_tokens: [E.cache_write_tokens],
  reasoning_tokens: [E.reasoning_tokens],
  other_tokens: [E.other_tokens],
  total_cost_usd: [E.cost_micros],
  average_feedback_score: [E.scored, E.score_micros],
  tasks_created: [T.created],
  tasks_started: [T.started],
  tasks_completed: [T.completed],
  tasks_failed: [T.failed],
  tasks_cancelled: [T.cancelled],
  task_duration_average: [T.timed, T.duration_ms],
};

/** What windows of a set must hold, so that each of `measures` can be told, and how much they are based on. */
export function columnsOf(set: WindowSet, measures: readonly RuleMeasure[]): NeededColumns {
  const family = SETS[set];
  const columns = new Set(PRESENCE[family]);
  if (family === 'gauges') columns.add(COLUMN.gauges.total_millis);
  if (family === 'tasks') ENDED.forEach((column) => columns.add(column));
  for (const measure of measures) COLUMNS[measure]?.forEach((column) => columns.add(column));
  return {
    columns: [...columns].sort((a, b) => a - b),
    sketch: measures.some((measure) => /_p\d\d$/.test(measure)),
    distinct: measures.includes('unique_users'),
  };
}
