import { HOST_GAUGES, type SetName } from './aggregates.ts';
import { measuresSchema } from './api.ts';

/** What rules can watch, and what they can measure of it. */

export const WATCHED_SETS = ['agent', 'model', 'host', 'workflow', 'fleet', 'pipeline'] as const;
export type WatchedSet = (typeof WATCHED_SETS)[number];
/** Those whose windows are in the store. */
export type WindowSet = Extract<WatchedSet, SetName>;

/** The rolling windows of rules, in milliseconds. */
export const RULE_WINDOWS = { '1m': 60_000, '5m': 300_000, '15m': 900_000, '1h': 3_600_000 } as const;
export type RuleWindow = keyof typeof RULE_WINDOWS;

/** The periods of budgets, in milliseconds. */
export const BUDGET_PERIODS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const;
export type BudgetPeriod = keyof typeof BUDGET_PERIODS;

/** How far back a rule on change looks, in milliseconds. */
export const CHANGE_AGAINST = { yesterday: 86_400_000, last_week: 604_800_000 } as const;

const EVENT_MEASURES = [...measuresSchema.keyof().options, 'error_rate'] as const;
/** Steps of tasks as agents report them; `failure_rate` is failed by completed and failed, durations are seconds. */
const TASK_MEASURES = [
  'tasks_created',
  'tasks_started',
  'tasks_completed',
  'tasks_failed',
  'tasks_cancelled',
  'failure_rate',
  'task_duration_average',
  'task_duration_p50',
  'task_duration_p95',
] as const;
/** `lag_s`: how far the slowest source is behind the clock, in seconds. `ledger_differences`: those that are open. */
const PIPELINE_MEASURES = ['lag_s', 'ledger_differences'] as const;

/** What a rule may look at, by what it watches. `error_rate` is errors by messages, 0 to 1; a gauge is its mean. */
export const MEASURES_OF = {
  agent: EVENT_MEASURES,
  model: EVENT_MEASURES,
  fleet: EVENT_MEASURES,
  host: HOST_GAUGES,
  workflow: TASK_MEASURES,
  pipeline: PIPELINE_MEASURES,
} as const satisfies Record<WatchedSet, readonly string[]>;
export type RuleMeasure = (typeof MEASURES_OF)[WatchedSet][number];

export const ALL_MEASURES = [
  ...new Set<RuleMeasure>([...EVENT_MEASURES, ...HOST_GAUGES, ...TASK_MEASURES, ...PIPELINE_MEASURES]),
];

/** What a budget limits. */
export const SPENDINGS = ['total_tokens_used', 'total_cost_usd'] as const satisfies readonly RuleMeasure[];

/** Whether a measure counts, so that it can be told by second or be what another is divided by. */
export function isCounted(measure: RuleMeasure): boolean {
  return measure.startsWith('total_') || measure.startsWith('tasks_') || measure.endsWith('_tokens');
}

/** The least and the greatest value that a measure can have. */
export function boundsOf(measure: RuleMeasure): readonly [min: number, max: number] {
  if (measure === 'error_rate' || measure === 'failure_rate') return [0, 1];
  if (measure === 'cpu_usage' || measure === 'memory_usage' || measure === 'disk_usage') return [0, 100];
  if (measure === 'average_feedback_score') return [-1_000, 1_000];
  return [0, Infinity];
}
