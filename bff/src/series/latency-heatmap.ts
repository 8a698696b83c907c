import { BUCKETS_PER_DECADE, type LatencyHeatmap } from '@fleetbeat/contracts/latency-heatmap.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';

const MICROSECONDS = 1_000;
/** Anything faster counts as this, in milliseconds: clocks tell no more. */
const FASTEST = 0.001;

/** Counts answers by window and by bucket of their duration, from sketches of microseconds; within 1% of where they belong. */
export function latencyHeatmapOf(windows: ReadonlyMap<number, Partial>): Pick<LatencyHeatmap, 'bounds' | 'windows'> {
  let lowest = Infinity;
  let highest = -Infinity;
  const rows: { t: number; counts: Map<number, number> }[] = [];
  for (const [t, { sketch }] of windows) {
    if (sketch === null || sketch.count === 0) continue;
    const counts = new Map<number, number>();
    sketch.eachBucket((us, n) => {
      const bucket = bucketOf(us / MICROSECONDS);
      counts.set(bucket, (counts.get(bucket) ?? 0) + n);
      lowest = Math.min(lowest, bucket);
      highest = Math.max(highest, bucket);
    });
    rows.push({ t, counts });
  }
  const buckets = rows.length === 0 ? [] : Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index);
  return {
    bounds: buckets.map((bucket) => 10 ** (bucket / BUCKETS_PER_DECADE)),
    windows: rows
      .sort((a, b) => a.t - b.t)
      .map(({ t, counts }) => ({ t, counts: buckets.map((bucket) => counts.get(bucket) ?? 0) })),
  };
}

function bucketOf(ms: number): number {
  return Math.floor(Math.log10(Math.max(FASTEST, ms)) * BUCKETS_PER_DECADE);
}
