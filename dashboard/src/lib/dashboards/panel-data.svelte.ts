import type { SeriesAnswer, SeriesPanel } from '@fleetbeat/contracts/dashboards.ts';
import { keysOf } from '@fleetbeat/contracts/panel-content.ts';
import { dashboardsApi } from './dashboards-api.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';
import { spanOf, type Range } from '../time-range/range.ts';

const SOONEST = 5_000;
const LATEST = 60_000;

export interface PanelAnswer {
  readonly now: SeriesAnswer;
  /** The equally long stretch before; for figures alone. */
  readonly before: SeriesAnswer | null;
}

/** What a panel shows, read again as often as its windows grow, while it is looked at and nothing is paused. */
export class PanelData {
  readonly resource: Resource<PanelAnswer>;
  readonly #range: () => Range;
  #before: { of: string; answer: SeriesAnswer } | null = null;

  constructor(panel: () => SeriesPanel, values: () => Readonly<Record<string, string>>, range: () => Range) {
    this.#range = range;
    this.resource = new Resource(async (signal) => {
      const { set, measures, display, ...rest } = panel();
      const question = { set, keys: keysOf(rest, values()), measures };
      const { id, lengthMs, stepMs } = range();
      const span = spanOf(range(), clock.serverNow());
      const asked = JSON.stringify([question, id, scope.id]);
      const [now, before] = await Promise.all([
        dashboardsApi.series(question, { ...span, stepMs }, signal),
        display !== 'figure' || this.#before?.of === asked
          ? (this.#before?.answer ?? null)
          : dashboardsApi.series(question, { from: span.from - lengthMs, to: span.from, stepMs }, signal),
      ]);
      this.#before = before === null ? null : { of: asked, answer: before };
      return { now, before: display === 'figure' ? before : null };
    });
  }

  /** Reads, and goes on reading; returns how to stop. */
  start(): () => void {
    if (clock.paused && this.resource.data !== null) return () => {};
    const { end, stepMs } = this.#range();
    const every = end === null ? Math.min(LATEST, Math.max(SOONEST, stepMs / 2)) : LATEST;
    return this.resource.poll(every);
  }
}
