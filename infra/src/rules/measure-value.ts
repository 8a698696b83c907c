import { HOST_GAUGES, type HostGauge, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Measures } from '@fleetbeat/contracts/api.ts';
import { RULE_WINDOWS, type RuleMeasure } from '@fleetbeat/contracts/rule-measures.ts';
import type { ComparedRule } from '@fleetbeat/contracts/rules.ts';
import { gaugePointOf, READ_MEASURE, taskDurationsOf, taskTotalsOf } from '../time-series/measures.ts';
import { COLUMN, type Partial } from '../time-series/partial.ts';
import type { Observation } from './evaluate.ts';

const NEED_SKETCHES: readonly RuleMeasure[] = [
  'response_time_p50',
  'response_time_p95',
  'response_time_p99',
  'unique_users',
  'task_duration_p50',
  'task_duration_p95',
];

/** What of a rule tells its value. */
export type Asked = Pick<ComparedRule, 'measure' | 'denominator' | 'min_messages'>;

/** Whether what a rule asks for can only be told from sketches. */
export function needsSketches({ measure, denominator }: Pick<ComparedRule, 'measure' | 'denominator'>): boolean {
  return NEED_SKETCHES.includes(measure) || (denominator !== undefined && NEED_SKETCHES.includes(denominator));
}

/** What comes before the host's id in a key of the set `host`, which is of one gauge; empty for other sets. */
export function keyPrefix(set: SetName, measure: RuleMeasure): string {
  return set === 'host' ? `${measure}/` : '';
}

const NO_DATA: Observation = { kind: 'no_data' };

/**
 * What a rule sees in the window of a key: `no_data` where nothing was there, or less than it asks for. `before` is the
 * window that a rule on change compares with.
 */
export function observe(rule: ComparedRule, window: Partial | undefined, before?: Partial): Observation {
  const value = valueOf(rule, window);
  if (value === null) return NO_DATA;
  if (rule.kind === 'threshold') {
    return { kind: 'value', value: rule.per_second ? value / (RULE_WINDOWS[rule.window] / 1_000) : value };
  }
  const then = valueOf(rule, before);
  // From nothing there is no percentage.
  return then === null || then === 0 ? NO_DATA : { kind: 'value', value: ((value - then) / Math.abs(then)) * 100 };
}

/** The measure, or ratio of two, in a window; null where there is none, or with fewer messages than asked for. */
export function valueOf(asked: Asked, window: Partial | undefined): number | null {
  return window === undefined ? null : valueReader(asked)(window);
}

/** As `valueOf`, for very many windows. */
export function valueReader({ measure, denominator, min_messages: least }: Asked): (window: Partial) => number | null {
  const value = reader(measure);
  const whole = denominator === undefined ? undefined : reader(denominator);
  return (window) => {
    if (least > 0 && countOf(window) < least) return null;
    const part = value(window);
    if (whole === undefined || part === null) return part;
    const by = whole(window);
    return by === null || by === 0 ? null : part / by;
  };
}

/** How much a window is based on: messages, samples of a host, ended tasks. */
function countOf({ family, values }: Partial): number {
  switch (family) {
    case 'events':
      return values[COLUMN.events.messages] as number;
    case 'gauges':
      return values[COLUMN.gauges.samples] as number;
    case 'tasks':
      return (values[COLUMN.tasks.completed] as number) + (values[COLUMN.tasks.failed] as number);
    default:
      return family satisfies never;
  }
}

type Reader = (window: Partial) => number | null;

function reader(measure: RuleMeasure): Reader {
  switch (measure) {
    case 'error_rate':
      return ({ values }) => {
        const messages = values[COLUMN.events.messages] as number;
        return messages === 0 ? null : (values[COLUMN.events.errors] as number) / messages;
      };
    case 'tasks_created':
      return (window) => taskTotalsOf(window).created;
    case 'tasks_started':
      return (window) => taskTotalsOf(window).started;
    case 'tasks_completed':
      return (window) => taskTotalsOf(window).completed;
    case 'tasks_failed':
      return (window) => taskTotalsOf(window).failed;
    case 'tasks_cancelled':
      return (window) => taskTotalsOf(window).cancelled;
    case 'failure_rate':
      return (window) => {
        const { completed, failed } = taskTotalsOf(window);
        return completed + failed === 0 ? null : failed / (completed + failed);
      };
    case 'task_duration_average':
      return (window) => inSeconds(taskDurationsOf(window).average);
    case 'task_duration_p50':
      return (window) => inSeconds(taskDurationsOf(window).p50);
    case 'task_duration_p95':
      return (window) => inSeconds(taskDurationsOf(window).p95);
    case 'lag_s':
    case 'ledger_differences':
      // They are not in any window.
      return () => null;
    default:
      return isGauge(measure) ? (window) => gaugePointOf(0, window)?.avg ?? null : READ_MEASURE[measure satisfies keyof Measures];
  }
}

function isGauge(measure: RuleMeasure): measure is HostGauge {
  return (HOST_GAUGES as readonly RuleMeasure[]).includes(measure);
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}
