import type { HostMetrics } from '@fleetbeat/contracts/api.ts';
import type { ChartSeries } from '../charts/shape.ts';

/** One window of all gauges of a host: means by gauge, absent where it was not sampled. */
export interface GaugeRow {
  readonly t: number;
  readonly means: Readonly<Record<string, number>>;
}

/** Gauges come as a series each; charts want a row for each window. */
export function gaugeRows(gauges: HostMetrics['gauges']): GaugeRow[] {
  const rows = new Map<number, Record<string, number>>();
  for (const [name, points] of Object.entries(gauges)) {
    for (const point of points) {
      const means = rows.get(point.t) ?? {};
      means[name] = point.avg;
      rows.set(point.t, means);
    }
  }
  return [...rows.entries()].sort(([a], [b]) => a - b).map(([t, means]) => ({ t, means }));
}

export function shareSeries(gauge: string, label: string, color: string): ChartSeries<GaugeRow>[] {
  return [{ key: gauge, label, color, value: (row) => row.means[gauge] ?? null }];
}

export const networkSeries: ChartSeries<GaugeRow>[] = [
  { key: 'rx', label: 'In', color: 'var(--series-3)', value: (row) => row.means['net_rx_bytes_per_s'] ?? null },
  { key: 'tx', label: 'Out', color: 'var(--series-2)', value: (row) => row.means['net_tx_bytes_per_s'] ?? null },
];

export const loadSeries: ChartSeries<GaugeRow>[] = shareSeries('load_1', 'Load', 'var(--series-4)');
