import { HOST_GAUGES, type HostGauge } from '@fleetbeat/contracts/aggregates.ts';
import { ADDITIVE_MEASURES, type AdditiveMeasure } from '@fleetbeat/contracts/additive-measures.ts';
import type { Agent, HostMetrics, Measures, Metrics } from '@fleetbeat/contracts/api.ts';
import { TOKEN_CLASSES } from '@fleetbeat/contracts/token-classes.ts';
import { exactQuantile, messagesOf, tokensOf, type EventTally } from './event-tally.ts';
import type { GaugeTally } from './ledger.ts';

/** One figure that is not what it should be. */
export interface Difference {
  /** Whose figure: an agent's id, a host's, `fleet` ... */
  readonly scope: string;
  readonly field: string;
  readonly expected: number | string | null;
  readonly actual: number | string | null;
}

/** Relative error that quantiles and distinct counts may have, and averages, which are exact up to floating point. */
const QUANTILE_ERROR = 0.01 + 1e-6;
const DISTINCT_ERROR = 0.03;
const AVERAGE_ERROR = 1e-6;

/** Holds an answer against a tally, field by field: counts and sums exactly, the rest as close as is promised. */
export function compareMeasures(scope: string, tally: EventTally, actual: Measures): Difference[] {
  const differences: Difference[] = [];
  const exact = (field: keyof Measures, expected: number, scale = 1): void => {
    const value = actual[field];
    // Scaled to whole numbers: 0.1 + 0.2 must not count as a difference.
    if (value === null || Math.round(value * scale) !== expected)
      differences.push({ scope, field, expected: expected / scale, actual: value });
  };
  const near = (field: keyof Measures, expected: number | undefined, error: number): void => {
    const value = actual[field];
    const wanted = expected ?? null;
    if (!isNear(wanted, value, error)) differences.push({ scope, field, expected: wanted, actual: value });
  };

  exact('total_messages', messagesOf(tally));
  exact('total_user_messages', tally.user_message);
  exact('total_responses', tally.agent_response);
  exact('total_tool_calls', tally.tool_call);
  exact('total_errors', tally.error);
  exact('total_feedback', tally.feedback);
  exact('total_heartbeats', tally.heartbeats);
  for (const name of TOKEN_CLASSES) exact(name, tally[name]);
  exact('other_tokens', tally.other_tokens);
  exact('total_tokens_used', tokensOf(tally));
  exact('total_cost_usd', tally.cost_micros, 1e6);

  const timed = tally.times.length;
  const sorted = Float64Array.from(tally.times).sort();
  near('average_response_time', timed === 0 ? undefined : tally.response_us / timed / 1_000, AVERAGE_ERROR);
  near('average_feedback_score', tally.scored === 0 ? undefined : tally.score_micros / tally.scored / 1e6, AVERAGE_ERROR);
  near('response_time_min', inMs(sorted[0]), 1e-9);
  near('response_time_max', inMs(sorted.at(-1)), 1e-9);
  near('response_time_p50', inMs(exactQuantile(sorted, 0.5)), QUANTILE_ERROR);
  near('response_time_p95', inMs(exactQuantile(sorted, 0.95)), QUANTILE_ERROR);
  near('response_time_p99', inMs(exactQuantile(sorted, 0.99)), QUANTILE_ERROR);
  near('unique_users', tally.users.size, DISTINCT_ERROR);
  return differences;
}

/** A metrics answer: its totals against the tally, and its series against its own totals. */
export function compareMetrics(scope: string, tally: EventTally, { totals, series }: Metrics): Difference[] {
  const differences = compareMeasures(scope, tally, totals);
  const summed = series.reduce(
    (sums, point) => ({ messages: sums.messages + point.total_messages, tokens: sums.tokens + point.total_tokens_used }),
    { messages: 0, tokens: 0 },
  );
  const parts = [
    ['series: total_messages', messagesOf(tally), summed.messages],
    ['series: total_tokens_used', tokensOf(tally), summed.tokens],
  ] as const;
  for (const [field, expected, actual] of parts) if (expected !== actual) differences.push({ scope, field, expected, actual });
  return differences;
}

/** What the registry says of an agent. */
export function compareAgent(tally: EventTally, agent: Agent): Difference[] {
  const messages = messagesOf(tally);
  const pairs = [
    ['registry: total_messages', messages, agent.total_messages],
    ['registry: total_responses', tally.agent_response, agent.total_responses],
    ['registry: total_errors', tally.error, agent.total_errors],
    ['registry: total_tokens_used', tokensOf(tally), agent.total_tokens_used],
  ] as const;
  const differences: Difference[] = pairs
    .filter(([, expected, actual]) => expected !== actual)
    .map(([field, expected, actual]) => ({ scope: agent.agent_id, field, expected, actual }));
  const rate = messages === 0 ? null : (messages - tally.error) / messages;
  if (!isNear(rate, agent.success_rate, AVERAGE_ERROR)) {
    differences.push({ scope: agent.agent_id, field: 'registry: success_rate', expected: rate, actual: agent.success_rate });
  }
  return differences;
}

/** A host's gauges, window by window: mean, minimum, maximum, last value, and the number of samples. */
export function compareHost(
  hostId: string,
  tallies: ReadonlyMap<HostGauge, ReadonlyMap<number, GaugeTally>>,
  actual: HostMetrics,
): Difference[] {
  const differences: Difference[] = [];
  for (const gauge of HOST_GAUGES) {
    const windows = tallies.get(gauge) ?? new Map<number, GaugeTally>();
    const points = new Map((actual.gauges[gauge] ?? []).map((point) => [point.t, point]));
    const samples = [...windows.values()].reduce((sum, tally) => sum + tally.samples, 0);
    const counted = actual.samples[gauge] ?? 0;
    if (counted !== samples) differences.push({ scope: hostId, field: `${gauge} samples`, expected: samples, actual: counted });
    for (const [t, tally] of windows) {
      const point = points.get(t);
      const pairs = [
        ['avg', tally.total / tally.samples / 1_000, point?.avg],
        ['min', tally.min / 1_000, point?.min],
        ['max', tally.max / 1_000, point?.max],
        ['last', tally.last / 1_000, point?.last],
      ] as const;
      for (const [name, expected, value = null] of pairs) {
        if (!isNear(expected, value, AVERAGE_ERROR)) {
          differences.push({ scope: hostId, field: `${gauge} ${name} at ${new Date(t).toISOString()}`, expected, actual: value });
        }
      }
    }
  }
  return differences;
}

/** Sums answers that count different events: the fields that add up. */
export function addMeasures(all: readonly Measures[]): Pick<Measures, AdditiveMeasure> {
  const sums = Object.fromEntries(ADDITIVE_MEASURES.map((field) => [field, 0])) as Pick<Measures, AdditiveMeasure>;
  for (const measures of all) for (const field of ADDITIVE_MEASURES) sums[field] += measures[field];
  return sums;
}

/** The tally's own values of the fields that add up. */
export function additiveOf(tally: EventTally): Pick<Measures, AdditiveMeasure> {
  return {
    total_messages: messagesOf(tally),
    total_user_messages: tally.user_message,
    total_responses: tally.agent_response,
    total_tool_calls: tally.tool_call,
    total_errors: tally.error,
    total_feedback: tally.feedback,
    total_heartbeats: tally.heartbeats,
    total_tokens_used: tokensOf(tally),
    input_tokens: tally.input_tokens,
    output_tokens: tally.output_tokens,
    cache_read_tokens: tally.cache_read_tokens,
    cache_write_tokens: tally.cache_write_tokens,
    reasoning_tokens: tally.reasoning_tokens,
    other_tokens: tally.other_tokens,
    total_cost_usd: tally.cost_micros / 1e6,
  };
}

function isNear(expected: number | null, actual: number | null, error: number): boolean {
  if (expected === null || actual === null) return expected === actual;
  return Math.abs(actual - expected) <= error * Math.abs(expected) + 1e-9;
}

function inMs(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1_000;
}
