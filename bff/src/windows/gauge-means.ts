import { gaugeKey, type HostGauge } from '@fleetbeat/contracts/aggregates.ts';
import { gaugePointOf } from '@fleetbeat/infra/time-series/measures.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { Labels } from '../http/label-fields.ts';
import type { WindowRange } from '../http/time-range.ts';
import { mergedWindows } from './metrics-answer.ts';
import type { ReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';

/** Ids of the hosts seen since `since` (epoch milliseconds) that carry labels, at most `limit`, the last seen first. */
export type RecentHosts = (since: number, limit: number, labels: Labels | null) => Promise<string[]>;

/** Means of gauges over hosts, by window; a window without samples of a gauge lacks it. */
export type GaugeMeans = ReadonlyMap<number, ReadonlyMap<HostGauge, number>>;

/** Reads how gauges went on average over the hosts, each sample weighing the same. */
export async function readGaugeMeans(
  readWindows: ReadWindows,
  gauges: readonly HostGauge[],
  hostIds: readonly string[],
  wanted: WindowRange,
): Promise<{ range: WindowRange; means: GaugeMeans }> {
  const means = new Map<number, Map<HostGauge, number>>();
  const keys = gauges.flatMap((gauge) => hostIds.map((hostId) => gaugeKey(gauge, hostId)));
  const { range, byKey } = await readWindows({ set: 'host', keys, range: wanted, sketches: false });
  for (const gauge of gauges) {
    const byWindow = new Map<number, Partial[]>();
    for (const hostId of hostIds) {
      for (const [t, window] of byKey.get(gaugeKey(gauge, hostId)) ?? []) byWindow.set(t, [...(byWindow.get(t) ?? []), window]);
    }
    for (const [t, ofHosts] of byWindow) {
      const point = gaugePointOf(t, mergedWindows('host', ofHosts));
      if (point !== null) means.set(t, (means.get(t) ?? new Map<HostGauge, number>()).set(gauge, point.avg));
    }
  }
  return { range, means: new Map([...means].sort(([a], [b]) => a - b)) };
}
