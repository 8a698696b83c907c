/**
 * How long an event takes from its append in the log to leaving the BFF, over the last minutes. A message that
 * says "everything up to `through` is shown" settles all log time since the one before; of that stretch one
 * moment in `GRAIN_MS` is sampled, so that a long wait weighs as much as it lasted.
 */
export interface ScreenLatency {
  /** A message for the screen left at `now`, and shows all that was appended before `through` (both epoch milliseconds). */
  shown(through: number, now: number): void;
  /** In milliseconds; null before the first sample. */
  summary(now: number): { p50: number | null; p99: number | null; samples: number };
}

const OVER_MS = 5 * 60_000;
const GRAIN_MS = 25;
const MAX_SAMPLES = OVER_MS / GRAIN_MS;
/** Of a longer stretch (the log was away, say) the newest part is sampled, in milliseconds. */
const LONGEST_STRETCH_MS = 60_000;

/** What was appended before `startedAt` (epoch milliseconds) waited for this process, and tells nothing of the way. */
export function createScreenLatency(startedAt: number): ScreenLatency {
  let samples: { readonly at: number; readonly latency: number }[] = [];
  let settled: number | null = null;

  function forget(now: number): void {
    if (samples.length > MAX_SAMPLES) samples = samples.slice(-MAX_SAMPLES);
    if ((samples[0]?.at ?? now) < now - OVER_MS) samples = samples.filter(({ at }) => at >= now - OVER_MS);
  }

  return {
    shown(through, now) {
      const before = settled;
      if (before !== null && through <= before) return;
      settled = through;
      if (before === null) return;
      for (
        let moment = Math.max(before, startedAt, through - LONGEST_STRETCH_MS) + GRAIN_MS;
        moment <= through;
        moment += GRAIN_MS
      ) {
        samples.push({ at: now, latency: Math.max(0, now - moment) });
      }
      forget(now);
    },

    summary(now) {
      forget(now);
      const sorted = samples.map(({ latency }) => latency).sort((a, b) => a - b);
      const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? null;
      return { p50: quantile(0.5), p99: quantile(0.99), samples: sorted.length };
    },
  };
}
