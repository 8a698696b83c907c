import type { Severity } from './alerts.ts';
import type { RuleMeasure } from './rule-measures.ts';
import { fillTemplate } from './rule-templates.ts';
import type { Rule } from './rules.ts';

/** How values of alerts are written for people. */

/** A length of time in its largest fitting unit: `45 seconds`, `2 minutes`, `3 days`. */
export function formatDuration(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ] as const;
  const [length, name] = units.find(([each]) => seconds >= each) ?? [1, 'second'];
  const count = Math.round(seconds / length);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

const NUMBER = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' });

/** A value of a measure with its unit. */
export function formatMeasure(measure: RuleMeasure, value: number): string {
  switch (measure) {
    case 'error_rate':
    case 'failure_rate':
      return `${NUMBER.format(value * 100)}%`;
    case 'cpu_usage':
    case 'memory_usage':
    case 'disk_usage':
      return `${NUMBER.format(value)}%`;
    case 'average_response_time':
    case 'response_time_min':
    case 'response_time_max':
    case 'response_time_p50':
    case 'response_time_p95':
    case 'response_time_p99':
      return value < 1_000 ? `${NUMBER.format(value)} ms` : `${NUMBER.format(value / 1_000)} s`;
    case 'lag_s':
    case 'uptime':
    case 'task_duration_average':
    case 'task_duration_p50':
    case 'task_duration_p95':
      return formatDuration(value);
    case 'total_cost_usd':
      return `$${NUMBER.format(value)}`;
    case 'net_rx_bytes_per_s':
    case 'net_tx_bytes_per_s':
      return `${NUMBER.format(value)} B/s`;
    default:
      return NUMBER.format(value);
  }
}

/** A value that a rule compares: its measure, a ratio, a rate, percent of change, or seconds. */
function formatCompared(rule: Rule, value: number): string {
  switch (rule.kind) {
    case 'threshold':
      if (rule.denominator !== undefined) return NUMBER.format(value);
      return rule.per_second ? `${formatMeasure(rule.measure, value)} a second` : formatMeasure(rule.measure, value);
    case 'change':
      return `${value > 0 ? '+' : ''}${NUMBER.format(value)}%`;
    case 'budget':
      return formatMeasure(rule.measure, value);
    case 'absence':
    case 'liveness':
    case 'looping':
      return formatDuration(value);
    default:
      return rule satisfies never;
  }
}

/** The value of an alert of this rule. */
export function formatValue(rule: Rule, value: number | null): string {
  return value === null ? 'no data' : formatCompared(rule, value);
}

/** The threshold that an alert of this severity has crossed. */
export function formatThreshold(rule: Rule, severity: Severity): string {
  switch (rule.kind) {
    case 'threshold':
    case 'change': {
      const level = severity === 'info' ? undefined : rule[severity];
      return level === undefined ? '' : formatCompared(rule, level.threshold);
    }
    case 'budget':
      return formatCompared(rule, rule.limit * ((severity === 'error' ? rule.error_at : rule.warning_at) ?? 1));
    case 'absence':
      return rule.window;
    case 'liveness':
      return formatDuration(rule.silent_s ?? 0);
    case 'looping':
      return formatDuration(rule.stalled_s);
    default:
      return rule satisfies never;
  }
}

/** The annotations of a rule, filled for one of its alerts. */
export function fillAnnotations(
  rule: Rule,
  alert: { readonly key: string; readonly value: number | null; readonly severity: Severity },
): Record<string, string> {
  const fields = {
    key: alert.key,
    value: formatValue(rule, alert.value),
    threshold: formatThreshold(rule, alert.severity),
    rule: rule.name,
    level: alert.severity,
  };
  return Object.fromEntries(Object.entries(rule.annotations).map(([name, text]) => [name, fillTemplate(text, fields)]));
}
