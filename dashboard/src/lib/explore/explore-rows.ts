import type { Series, SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import { drawnValue } from '@fleetbeat/contracts/panel-content.ts';
import { OTHERS_COLOR } from '../charts/palette.ts';
import type { ChartSeries } from '../charts/shape.ts';
import { panelRows, panelSeries, type PanelRow } from '../dashboards/panel-rows.ts';
import type { ExploreQuestion } from './explore-question.ts';

/** What is drawn of now and of the stretch before. Pure. */

/** How far the stretch before lies back: whole windows, so that both stand on the same. */
export function shiftOf(lengthMs: number, stepMs: number): number {
  return Math.ceil(lengthMs / stepMs) * stepMs;
}

export interface ExploreDrawing {
  readonly rows: readonly PanelRow[];
  readonly series: readonly ChartSeries<PanelRow>[];
}

/** The series, and those of before as dashed lines in their colours, moved by `shiftMs` onto the same axis. */
export function drawingOf(
  question: Pick<ExploreQuestion, 'set' | 'measure'>,
  now: SeriesAnswer,
  before: SeriesAnswer | null,
  shiftMs: number,
): ExploreDrawing {
  const panel = { set: question.set, measures: [question.measure] };
  const earlier = (before?.series ?? [])
    .filter(({ key }) => now.series.some((one) => one.key === key))
    .map((one): Series => ({ ...one, points: one.points.map(({ t, value }) => ({ t: t + shiftMs, value })) }));
  const drawn = panelSeries(now.series, panel);
  const { step_ms: stepMs } = now;
  return {
    rows: panelRows([...now.series, ...earlier]),
    series: [
      ...drawn,
      ...earlier.map((one, index): ChartSeries<PanelRow> => {
        const at = now.series.length + index;
        return {
          key: `before ${one.key}`,
          label: question.set === 'fleet' ? 'Before' : `${one.key} before`,
          color: drawn.find((other) => other.key === `${one.key} ${one.measure}`)?.color ?? OTHERS_COLOR,
          dashed: true,
          // What lies back is over: its last window is whole.
          value: (row) => drawnValue(question.measure, row.values[at] ?? null, stepMs),
        };
      }),
    ],
  };
}

export interface TotalsRow {
  readonly key: string;
  readonly now: number | null;
  readonly before: number | null;
}

/** The whole range of each key beside that of before, the most first. */
export function totalsOf(now: SeriesAnswer, before: SeriesAnswer | null): TotalsRow[] {
  const earlier = new Map((before?.series ?? []).map(({ key, total }) => [key, total]));
  return now.series
    .map(({ key, total }) => ({ key, now: total, before: earlier.get(key) ?? null }))
    .sort((a, b) => (b.now ?? -Infinity) - (a.now ?? -Infinity));
}
