import type { Series, SeriesPanel } from '@fleetbeat/contracts/dashboards.ts';
import { drawnValue, seriesLabel } from '@fleetbeat/contracts/panel-content.ts';
import { colorOf, inColorsApart, OTHERS_COLOR, QUANTILE_COLORS, SERIES_COLORS } from '../charts/palette.ts';
import type { ChartSeries } from '../charts/shape.ts';

/** One window of every series of a panel, in their order; null where a series has nothing in it. */
export interface PanelRow {
  readonly t: number;
  readonly values: readonly (number | null)[];
}

/** Series come one by one; charts want a row for each window. */
export function panelRows(series: readonly Series[]): PanelRow[] {
  const rows = new Map<number, (number | null)[]>();
  for (const [index, { points }] of series.entries()) {
    for (const { t, value } of points) {
      const values = rows.get(t) ?? series.map(() => null);
      values[index] = value;
      rows.set(t, values);
    }
  }
  return [...rows].sort(([a], [b]) => a - b).map(([t, values]) => ({ t, values }));
}

/** What a chart draws of the rows of the same series. */
export function panelSeries(series: readonly Series[], panel: Pick<SeriesPanel, 'set' | 'measures'>): ChartSeries<PanelRow>[] {
  const colors = colorsOf(series, panel);
  return series.map((one, index) => ({
    key: `${one.key} ${one.measure}`,
    label: seriesLabel(one, panel),
    color: colors[index] ?? OTHERS_COLOR,
    value: (row, elapsedMs) => drawnValue(one.measure, row.values[index] ?? null, elapsedMs),
  }));
}

/** The colour of each of what is drawn together. */
export function colorsOf(series: readonly Series[], panel: Pick<SeriesPanel, 'set' | 'measures'>): string[] {
  return inColorsApart(series.map((one) => colorOfSeries(one, panel)));
}

/** An entity keeps its colour on every page; measures have theirs where there is nothing else to tell apart. */
export function colorOfSeries({ key, measure }: Series, panel: Pick<SeriesPanel, 'set' | 'measures'>): string {
  if (panel.set !== 'fleet' && panel.measures.length === 1) return colorOf(key);
  if (panel.set !== 'fleet') return colorOf(`${key} ${measure}`);
  const [, quantile] = /_(p50|p95|p99)$/.exec(measure) ?? [];
  if (quantile !== undefined) return QUANTILE_COLORS[quantile as keyof typeof QUANTILE_COLORS];
  if (measure === 'total_errors' || measure === 'error_rate') return 'var(--error)';
  const place = panel.measures.findIndex((one) => one === measure);
  return SERIES_COLORS[Math.max(0, place) % SERIES_COLORS.length] ?? SERIES_COLORS[0];
}
