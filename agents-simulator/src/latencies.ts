import { LogCollapsingLowestDenseDDSketch } from '@datadog/sketches-js';

/** Durations in milliseconds, as many as there may be, in little memory; quantiles within 1%. */
export interface Latencies {
  add(ms: number): void;
  readonly count: number;
  /** Null before the first. */
  quantile(q: number): number | null;
}

export function createLatencies(): Latencies {
  const sketch = new LogCollapsingLowestDenseDDSketch({ relativeAccuracy: 0.01, binLimit: 2_048 });
  return {
    add: (ms) => sketch.accept(Math.max(0, ms)),
    get count() {
      return sketch.count;
    },
    quantile: (q) => (sketch.count === 0 ? null : sketch.getValueAtQuantile(q)),
  };
}
