import type { SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import type { LatencyHeatmap } from '@fleetbeat/contracts/latency-heatmap.ts';
import { ask } from '../api/ask.ts';
import { windowQuery } from '../api/client.ts';
import { Resource } from '../api/resource.svelte.ts';
import { dashboardsApi } from '../dashboards/dashboards-api.ts';
import { clock } from '../live/clock.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';
import { spanOf, stepFor, type Range } from '../time-range/range.ts';
import { isTimed, type ExploreQuestion } from './explore-question.ts';
import { shiftOf } from './explore-rows.ts';

const SOONEST = 5_000;
const LATEST = 60_000;
/** Columns of a heatmap: more are too narrow to be told apart. */
const HEAT_WINDOWS = 150;

export type ExploreAnswer =
  | { readonly kind: 'series'; readonly now: SeriesAnswer; readonly before: SeriesAnswer | null; readonly shiftMs: number }
  | { readonly kind: 'heat'; readonly heatmap: LatencyHeatmap };

/** The answer to what is explored, read again as often as its windows grow. */
export class ExploreData {
  readonly resource: Resource<ExploreAnswer>;
  readonly #range: () => Range;

  constructor(question: () => ExploreQuestion, range: () => Range) {
    this.#range = range;
    this.resource = new Resource((signal) => read(question(), range(), signal));
  }

  /** Reads, and goes on reading; returns how to stop. */
  start(): () => void {
    if (clock.paused && this.resource.data !== null) return () => {};
    const { end, stepMs } = this.#range();
    const every = end === null ? Math.min(LATEST, Math.max(SOONEST, stepMs / 2)) : LATEST;
    return this.resource.poll(every);
  }
}

async function read(question: ExploreQuestion, range: Range, signal: AbortSignal): Promise<ExploreAnswer> {
  const span = spanOf(range, clock.serverNow());
  const { set, keys, measure, compare, shape } = question;
  if (shape === 'heat' && isTimed(set)) {
    const window = { ...span, stepMs: stepFor(range.lengthMs, HEAT_WINDOWS) };
    const query = { set, key: keys[0], ...windowQuery(window), ...scope.query };
    return { kind: 'heat', heatmap: await ask('get /latency-heatmap', { query, signal }) };
  }
  const asked = { set, keys, measures: [measure] };
  const now = await dashboardsApi.series(asked, { ...span, stepMs: range.stepMs }, signal);
  const shiftMs = shiftOf(range.lengthMs, now.step_ms);
  if (!compare) return { kind: 'series', now, before: null, shiftMs };
  // Of the same as now, though others may have had more before.
  const same = { ...asked, keys: set === 'fleet' ? [] : [...new Set(now.series.map(({ key }) => key))] };
  const before =
    set !== 'fleet' && same.keys.length === 0
      ? null
      : await dashboardsApi.series(same, { from: span.from - shiftMs, to: span.to - shiftMs, stepMs: now.step_ms }, signal);
  return { kind: 'series', now, before, shiftMs };
}
