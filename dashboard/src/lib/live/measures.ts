import { ADDITIVE_MEASURES } from '@fleetbeat/contracts/additive-measures.ts';
import type { Measures, SeriesPoint } from '@fleetbeat/contracts/api.ts';

/** Measures that do not add up: merged exactly by the server, estimated here for the window that is still open. */
const ESTIMATED = [
  'average_response_time',
  'response_time_p50',
  'response_time_p95',
  'response_time_p99',
  'average_feedback_score',
] as const satisfies readonly (keyof Measures)[];

export function noMeasures(): Measures {
  return {
    total_messages: 0,
    total_user_messages: 0,
    total_responses: 0,
    total_tool_calls: 0,
    total_errors: 0,
    total_feedback: 0,
    total_heartbeats: 0,
    average_response_time: null,
    response_time_min: null,
    response_time_max: null,
    response_time_p50: null,
    response_time_p95: null,
    response_time_p99: null,
    total_tokens_used: 0,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    other_tokens: 0,
    total_cost_usd: 0,
    average_feedback_score: null,
    unique_users: 0,
  };
}

/**
 * Merges windows into one. Counts are exact; quantiles and means are weighted by responses, an estimate that
 * stands only until the server's own answer replaces it; distinct users are the largest window's, a lower bound.
 */
export function mergeMeasures(points: readonly Measures[]): Measures {
  const merged = noMeasures();
  const weights = new Map<(typeof ESTIMATED)[number], number>();
  for (const point of points) {
    for (const field of ADDITIVE_MEASURES) merged[field] += point[field];
    for (const field of ESTIMATED) {
      const value = point[field];
      if (value === null) continue;
      const weight = Math.max(1, field === 'average_feedback_score' ? point.total_feedback : point.total_responses);
      const before = weights.get(field) ?? 0;
      merged[field] = ((merged[field] ?? 0) * before + value * weight) / (before + weight);
      weights.set(field, before + weight);
    }
    merged.response_time_min = least(merged.response_time_min, point.response_time_min, Math.min);
    merged.response_time_max = least(merged.response_time_max, point.response_time_max, Math.max);
    merged.unique_users = Math.max(merged.unique_users, point.unique_users);
  }
  return merged;
}

function least(a: number | null, b: number | null, pick: (a: number, b: number) => number): number | null {
  if (a === null) return b;
  return b === null ? a : pick(a, b);
}

/** At most `count` stretches of [from, to), each merged from its windows; null where there are none. For lines without axes. */
export function inStretches(points: readonly SeriesPoint[], from: number, to: number, count: number): (Measures | null)[] {
  const groups = Array.from({ length: count }, (): SeriesPoint[] => []);
  for (const point of points) groups[Math.floor(((point.t - from) / (to - from)) * count)]?.push(point);
  return groups.map((group) => (group.length === 0 ? null : mergeMeasures(group)));
}

/**
 * Windows of `stepMs` made of finer ones, for the stretch that the finer ones cover whole; `known` are the
 * server's own windows, whose quantiles and distinct users are kept where there are any.
 */
export function coarsen(
  fine: readonly SeriesPoint[],
  stepMs: number,
  coveredFrom: number,
  known: (t: number) => SeriesPoint | undefined,
): SeriesPoint[] {
  const groups = new Map<number, SeriesPoint[]>();
  for (const point of fine) {
    const t = Math.floor(point.t / stepMs) * stepMs;
    if (t < coveredFrom) continue;
    const group = groups.get(t);
    if (group) group.push(point);
    else groups.set(t, [point]);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => a - b)
    .map(([t, group]) => {
      const merged = mergeMeasures(group);
      const exact = known(t);
      if (exact) {
        for (const field of ESTIMATED) merged[field] = exact[field] ?? merged[field];
        merged.unique_users = Math.max(merged.unique_users, exact.unique_users);
      }
      return { t, ...merged };
    });
}
