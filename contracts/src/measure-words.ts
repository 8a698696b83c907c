import { formatDuration } from './format-duration.ts';
import { formatByteRate, formatMoney, formatNumber, formatPercent, formatShare } from './format-number.ts';
import { isCounted, type RuleMeasure } from './rule-measures.ts';

/** What measures are called and how their values are written: the same on a page and on paper. */

/** `ms` and `s` are durations, `share` is 0 to 1, `percent` 0 to 100. */
export type MeasureKind = 'count' | 'money' | 'share' | 'percent' | 'ms' | 's' | 'byte_rate' | 'number';

const LABELS: Readonly<Record<string, string>> = {
  total_user_messages: 'User messages',
  total_tool_calls: 'Tool calls',
  total_tokens_used: 'Tokens',
  total_cost_usd: 'Cost',
  average_response_time: 'Mean response time',
  response_time_min: 'Shortest response time',
  response_time_max: 'Longest response time',
  response_time_p50: 'Response time p50',
  response_time_p95: 'Response time p95',
  response_time_p99: 'Response time p99',
  average_feedback_score: 'Mean feedback score',
  other_tokens: 'Tokens of no class',
  cpu_usage: 'CPU',
  memory_usage: 'Memory',
  disk_usage: 'Disk',
  uptime: 'Up for',
  load_1: 'Load',
  net_rx_bytes_per_s: 'Network in',
  net_tx_bytes_per_s: 'Network out',
  task_duration_average: 'Mean duration of tasks',
  task_duration_p50: 'Duration of tasks p50',
  task_duration_p95: 'Duration of tasks p95',
  lag_s: 'Lag',
};

/** "Messages", "Error rate", "Response time p95" */
export function measureLabel(measure: string): string {
  const words = measure.replace(/^total_/, '').replaceAll('_', ' ');
  return LABELS[measure] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

export function kindOf(measure: RuleMeasure): MeasureKind {
  switch (measure) {
    case 'total_cost_usd':
      return 'money';
    case 'error_rate':
    case 'failure_rate':
      return 'share';
    case 'cpu_usage':
    case 'memory_usage':
    case 'disk_usage':
      return 'percent';
    case 'average_response_time':
    case 'response_time_min':
    case 'response_time_max':
    case 'response_time_p50':
    case 'response_time_p95':
    case 'response_time_p99':
      return 'ms';
    case 'uptime':
    case 'lag_s':
    case 'task_duration_average':
    case 'task_duration_p50':
    case 'task_duration_p95':
      return 's';
    case 'net_rx_bytes_per_s':
    case 'net_tx_bytes_per_s':
      return 'byte_rate';
    default:
      return isCounted(measure) ? 'count' : 'number';
  }
}

/** A value of a kind with its unit, in three digits. */
export function formatKind(kind: MeasureKind, value: number | null): string {
  switch (kind) {
    case 'money':
      return formatMoney(value);
    case 'share':
      return formatShare(value);
    case 'percent':
      return formatPercent(value);
    case 'ms':
      return formatDuration(value);
    case 's':
      return formatDuration(value === null ? null : value * 1_000);
    case 'byte_rate':
      return formatByteRate(value);
    case 'count':
    case 'number':
      return formatNumber(value);
    default:
      return kind satisfies never;
  }
}

/** Where values of a kind end, undefined where they have no end. */
export function ceilingOf(kind: MeasureKind): number | undefined {
  if (kind === 'share') return 1;
  return kind === 'percent' ? 100 : undefined;
}
