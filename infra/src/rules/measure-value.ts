import { HOST_GAUGES, type HostGauge, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Measures } from '@fleetbeat/contracts/api.ts';
import { RULE_WINDOWS, type RuleMeasure } from '@fleetbeat/contracts/rule-measures.ts';
import type { ComparedRule } from '@fleetbeat/contracts/rules.ts';
import { gaugePointOf, gaugeSamples, measuresOf, taskDurationsOf, taskTotalsOf } from '../time-series/measures.ts';
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
export function valueOf({ measure, denominator, min_messages: least }: Asked, window: Partial | undefined): number | null {
  if (window === undefined || countOf(window) < least) return null;
  const value = read(measure, window);
  if (denominator === undefined || value === null) return value;
  const by = read(denominator, window);
  return by === null || by === 0 ? null : value / by;
}

/** How much a window is based on: messages, samples of a host, ended tasks. */
function countOf(window: Partial): number {
  switch (window.family) {
    case 'events':
      return window.values[COLUMN.events.messages] as number;
    case 'gauges':
      return gaugeSamples(window);
    case 'tasks': {
      const { completed, failed } = taskTotalsOf(window);
      return completed + failed;
    }
    default:
      return window.family satisfies never;
  }
}

function read(measure: RuleMeasure, window: Partial): number | null {
  switch (measure) {
    // The common ones without a look at all the others: there are very many windows.
    case 'error_rate': {
      const messages = window.values[COLUMN.events.messages] as number;
      return messages === 0 ? null : (window.values[COLUMN.events.errors] as number) / messages;
    }
    case 'total_messages':
      return window.values[COLUMN.events.messages] as number;
    case 'total_errors':
      return window.values[COLUMN.events.errors] as number;
    case 'tasks_created':
      return taskTotalsOf(window).created;
    case 'tasks_started':
      return taskTotalsOf(window).started;
    case 'tasks_completed':
      return taskTotalsOf(window).completed;
    case 'tasks_failed':
      return taskTotalsOf(window).failed;
    case 'tasks_cancelled':
      return taskTotalsOf(window).cancelled;
    case 'failure_rate': {
      const { completed, failed } = taskTotalsOf(window);
      return completed + failed === 0 ? null : failed / (completed + failed);
    }
    case 'task_duration_average':
      return inSeconds(taskDurationsOf(window).average);
    case 'task_duration_p50':
      return inSeconds(taskDurationsOf(window).p50);
    case 'task_duration_p95':
      return inSeconds(taskDurationsOf(window).p95);
    case 'lag_s':
    case 'ledger_differences':
      // They are not in any window.
      return null;
    default:
      return isGauge(measure) ? (gaugePointOf(0, window)?.avg ?? null) : measuresOf(window)[measure satisfies keyof Measures];
  }
}

function isGauge(measure: RuleMeasure): measure is HostGauge {
  return (HOST_GAUGES as readonly RuleMeasure[]).includes(measure);
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}
