import type { RuleMeasure, ThresholdRule } from '@fleetbeat/contracts/alerts.ts';
import { HOST_GAUGES, type HostGauge } from '@fleetbeat/contracts/aggregates.ts';
import { gaugePointOf, gaugeSamples, measuresOf } from '@fleetbeat/infra/time-series/measures.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { Observation } from './evaluate.ts';

const NEED_SKETCHES: readonly RuleMeasure[] = ['response_time_p50', 'response_time_p95', 'response_time_p99', 'unique_users'];

/** Whether a measure can be told from the numeric columns alone. */
export function needsSketches(measure: RuleMeasure): boolean {
  return NEED_SKETCHES.includes(measure);
}

export function isGauge(measure: RuleMeasure): measure is HostGauge {
  return (HOST_GAUGES as readonly RuleMeasure[]).includes(measure);
}

/** What a rule sees in the window of a key: `no_data` where nothing was there, or less than it asks for. */
export function observe(rule: Pick<ThresholdRule, 'measure' | 'min_messages'>, window: Partial | undefined): Observation {
  const value = window === undefined ? null : valueOf(rule, window);
  return value === null ? { kind: 'no_data' } : { kind: 'value', value };
}

function valueOf(
  { measure, min_messages: least }: Pick<ThresholdRule, 'measure' | 'min_messages'>,
  window: Partial,
): number | null {
  if (isGauge(measure)) return gaugeSamples(window) < least ? null : (gaugePointOf(0, window)?.avg ?? null);
  // The lag is not in any window.
  if (measure === 'lag_s') return null;
  const measures = measuresOf(window);
  const { total_messages: messages } = measures;
  if (messages < least) return null;
  if (measure === 'error_rate') return messages === 0 ? null : measures.total_errors / messages;
  return measures[measure];
}
