import { formatMeasure, formatThreshold } from '@fleetbeat/contracts/alert-values.ts';
import type { Alert } from '@fleetbeat/contracts/alerts.ts';
import type { Comparison, Rule } from '@fleetbeat/contracts/rules.ts';
import { formatLength } from '@fleetbeat/contracts/format-duration.ts';
import { formatShare } from '@fleetbeat/contracts/format-number.ts';

/** What rules say, in sentences for people. */

const NAMES: Readonly<Record<string, string>> = {
  average_response_time: 'mean response time',
  response_time_p50: 'response time (p50)',
  response_time_p95: 'response time (p95)',
  response_time_p99: 'response time (p99)',
  response_time_min: 'shortest response time',
  response_time_max: 'longest response time',
  average_feedback_score: 'mean feedback score',
  total_tokens_used: 'tokens used',
  total_cost_usd: 'cost',
  cpu_usage: 'CPU use',
  memory_usage: 'memory use',
  disk_usage: 'disk use',
  net_rx_bytes_per_s: 'network traffic in',
  net_tx_bytes_per_s: 'network traffic out',
  task_duration_average: 'mean duration of tasks',
  task_duration_p50: 'duration of tasks (p50)',
  task_duration_p95: 'duration of tasks (p95)',
  lag_s: 'lag',
};

const COMPARED: Readonly<Record<Comparison, string>> = { '>': 'above', '>=': 'from', '<': 'below', '<=': 'down from' };
const SPANS = {
  '1m': '1 minute',
  '5m': '5 minutes',
  '15m': '15 minutes',
  '1h': '1 hour',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
} as const;

/** "error rate", "response time (p95)" */
export function measureName(measure: string): string {
  return NAMES[measure] ?? measure.replace(/^total_/, '').replaceAll('_', ' ');
}

/** "above", "below" and the like, for thresholds. */
export function comparisonWord(comparison: Comparison): string {
  return COMPARED[comparison];
}

/** A number of seconds: "1 minute", "90 seconds", "2 hours". */
export function secondsText(seconds: number): string {
  if (seconds === 60) return '1 minute';
  if (seconds === 3_600) return '1 hour';
  return seconds === 86_400 ? '1 day' : formatLength(seconds * 1_000);
}

/** "any agent", "the hosts a and b", "any agent with team=search", "the fleet" */
export function watchedText({ set, keys, labels, without_labels: without }: Rule['watch']): string {
  if (set === 'fleet' || set === 'pipeline') return `the ${set}`;
  if (keys !== undefined) return `the ${set}${keys.length === 1 ? '' : 's'} ${listed(keys)}`;
  const pairs = (of: Record<string, string>) => listed(Object.entries(of).map(([name, value]) => `${name}=${value}`));
  return `any ${set}${labels ? ` with ${pairs(labels)}` : ''}${without ? ` without ${pairs(without)}` : ''}`;
}

/** What a rule watches and when that is an alert: "Error rate of any agent over 5 minutes: warning above 10%". */
export function ruleSentence(rule: Rule): string {
  const watched = watchedText(rule.watch);
  return capitalised(sentenceOf(rule, watched));
}

function sentenceOf(rule: Rule, watched: string): string {
  switch (rule.kind) {
    case 'threshold':
    case 'change': {
      const measure = `${measureName(rule.measure)}${rule.denominator ? ` per ${measureName(rule.denominator)}` : ''}`;
      const levels = (['warning', 'error'] as const)
        .filter((level) => rule[level] !== undefined)
        .map((level) => `${level} ${COMPARED[rule.comparison]} ${formatThreshold(rule, level)}`);
      if (rule.kind === 'threshold') return `${measure} of ${watched} over ${SPANS[rule.window]}: ${levels.join(', ')}`;
      const before = rule.against === 'yesterday' ? 'the day before' : 'the week before';
      return `change of ${measure} of ${watched} over ${SPANS[rule.window]}, against ${before}: ${levels.join(', ')}`;
    }
    case 'budget': {
      const levels = [
        rule.warning_at === null ? [] : [`warning at ${formatShare(rule.warning_at)}`],
        rule.error_at === null ? [] : [`error at ${formatShare(rule.error_at)}`],
        rule.warn_ahead_s === undefined ? [] : [`warning where it will be reached within ${secondsText(rule.warn_ahead_s)}`],
      ].flat();
      const limit = formatMeasure(rule.measure, rule.limit);
      return `${measureName(rule.measure)} of ${watched} over ${SPANS[rule.period]}, at most ${limit}: ${levels.join(', ')}`;
    }
    case 'absence':
      return `nothing at all from ${watched} for ${SPANS[rule.window]}: ${rule.severity}`;
    case 'liveness':
      return `${watched}${rule.heartbeats_only ? ' that sends heartbeats' : ''} silent ${rule.silent_s === undefined ? 'for so long that it is offline' : `for more than ${secondsText(rule.silent_s)}`}: ${rule.severity}`;
    case 'looping':
      return `${watched} that answers while none of its tasks has moved for ${secondsText(rule.stalled_s)}: ${rule.severity}`;
    default:
      return rule satisfies never;
  }
}

/** The page of what an alert is about; null where there is none. */
export function subjectLink({ set, key }: Pick<Alert, 'set' | 'key'>): string | null {
  switch (set) {
    case 'agent':
    case 'host':
      return `/${set}s/${encodeURIComponent(key)}`;
    case 'model':
      return '/#models-title';
    case 'fleet':
      return '/';
    case 'pipeline':
      return '/pipeline';
    case 'workflow':
      return null;
    default:
      return set satisfies never;
  }
}

/** What an alert is about, by name. */
export function subjectName({ set, key }: Pick<Alert, 'set' | 'key'>): string {
  return set === 'fleet' || set === 'pipeline' ? `The ${set}` : key;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function listed(names: readonly string[]): string {
  const [most, more] = [names.slice(0, 3), names.length - 3];
  if (more > 0) return `${most.join(', ')} and ${more} more`;
  return most.length < 2 ? most.join('') : `${most.slice(0, -1).join(', ')} and ${most[most.length - 1]}`;
}
