import type { SeriesPoint } from '@fleetbeat/contracts/api.ts';
import { QUANTILE_COLORS } from '../charts/palette.ts';
import type { ChartSeries } from '../charts/shape.ts';

/** What the activity charts of the fleet and of an agent draw. Colours belong to the measure, on every page. */

type Series = readonly ChartSeries<SeriesPoint>[];

const perSecond = (count: number, elapsedMs: number) => (count / elapsedMs) * 1_000;
const perMinute = (count: number, elapsedMs: number) => (count / elapsedMs) * 60_000;

export const EVENT_SERIES: Series = [
  { key: 'responses', label: 'Answers', color: 'var(--series-1)', value: (p, ms) => perSecond(p.total_responses, ms) },
  { key: 'users', label: 'Users', color: 'var(--series-6)', value: (p, ms) => perSecond(p.total_user_messages, ms) },
  { key: 'tools', label: 'Tools', color: 'var(--series-3)', value: (p, ms) => perSecond(p.total_tool_calls, ms) },
  {
    key: 'rest',
    label: 'Other',
    color: 'var(--series-8)',
    value: (p, ms) =>
      perSecond(Math.max(0, p.total_messages - p.total_responses - p.total_user_messages - p.total_tool_calls), ms),
  },
];

export const ERROR_SERIES: Series = [
  { key: 'errors', label: 'Errors', color: 'var(--error)', value: (p, ms) => perMinute(p.total_errors, ms) },
];

export const LATENCY_SERIES: Series = [
  { key: 'p50', label: 'p50', color: QUANTILE_COLORS.p50, value: (p) => p.response_time_p50 },
  { key: 'p95', label: 'p95', color: QUANTILE_COLORS.p95, value: (p) => p.response_time_p95 },
  { key: 'p99', label: 'p99', color: QUANTILE_COLORS.p99, value: (p) => p.response_time_p99 },
];

const TOKEN_CLASSES = [
  { key: 'input_tokens', label: 'Input', color: 'var(--series-1)' },
  { key: 'output_tokens', label: 'Output', color: 'var(--series-2)' },
  { key: 'cache_read_tokens', label: 'Cache read', color: 'var(--series-3)' },
  { key: 'cache_write_tokens', label: 'Cache write', color: 'var(--series-5)' },
  { key: 'reasoning_tokens', label: 'Reasoning', color: 'var(--series-7)' },
  { key: 'other_tokens', label: 'No class', color: 'var(--series-8)' },
] as const;

/** Tokens per minute of the classes that occur in `points`; input and output always. */
export function tokenSeries(points: readonly SeriesPoint[]): Series {
  return TOKEN_CLASSES.filter(
    ({ key }) => key === 'input_tokens' || key === 'output_tokens' || points.some((point) => point[key] > 0),
  ).map(({ key, label, color }) => ({ key, label, color, value: (p, ms) => perMinute(p[key], ms) }));
}
