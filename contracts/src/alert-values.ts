import { fillTemplate, type Rule, type RuleMeasure, type Severity } from './alerts.ts';

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

/** The value of an alert of this rule: a measure, or seconds of silence. */
export function formatValue(rule: Rule, value: number | null): string {
  if (value === null) return 'no data';
  return rule.kind === 'threshold' ? formatMeasure(rule.measure, value) : formatDuration(value);
}

/** The threshold that an alert of this severity has crossed. */
export function formatThreshold(rule: Rule, severity: Severity): string {
  if (rule.kind !== 'threshold') return rule.kind === 'absence' ? rule.window : formatDuration(rule.silent_s ?? 0);
  const level = severity === 'info' ? undefined : rule[severity];
  return level === undefined ? '' : formatMeasure(rule.measure, level.threshold);
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
