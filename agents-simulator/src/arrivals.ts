import { createRandom } from './random.ts';
import type { Trace } from './trace.ts';

/** A reply of some agent is due: when (offset in milliseconds) and how large. */
export interface Arrival {
  readonly offset: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The rows of a trace, over and over again, up to `span` (inclusive). */
export function* replayTrace(trace: Trace, span: number): Generator<Arrival> {
  // A pause of a second between two rounds; without it a trace of one row would never move on.
  for (let start = 0; start <= span; start += trace.span + 1_000) {
    for (const { offset, inputTokens, outputTokens } of trace.rows) {
      if (start + offset > span) return;
      yield { offset: start + offset, inputTokens, outputTokens };
    }
  }
}

const ROUND_SECONDS = 600;

/**
 * Replies at `perSecond` on average: a swell over the run as over a day, with short bursts on top.
 * The number up to `span` is exactly the rate times the span, rounded.
 */
export function* synthesizeArrivals(seed: number, perSecond: number, span: number): Generator<Arrival> {
  const random = createRandom(seed, 'arrivals');
  const seconds = span === Infinity ? ROUND_SECONDS : Math.max(1, Math.ceil(span / 1_000));
  for (let round = 0; ; round += 1) {
    const weights = Array.from({ length: seconds }, (_, second) => {
      const swell = 1 - 0.25 * Math.cos((2 * Math.PI * second) / seconds);
      return swell * (random.chance(0.05) ? 1.6 : 0.9 + 0.2 * random.next());
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const replies = Math.round((perSecond * (span === Infinity ? ROUND_SECONDS * 1_000 : span)) / 1_000);
    let cumulative = 0;
    let drawn = 0;
    for (const [second, weight] of weights.entries()) {
      cumulative += weight;
      const due = second === seconds - 1 ? replies : Math.round((replies * cumulative) / total);
      const start = second * 1_000;
      const length = Math.min(1_000, span - start);
      const offsets = Float64Array.from({ length: due - drawn }, () => start + random.next() * length).sort();
      drawn = due;
      for (const offset of offsets) {
        yield {
          offset: round * seconds * 1_000 + Math.floor(offset),
          inputTokens: Math.max(1, Math.round(Math.exp(6.8 + 1.1 * random.normal()))),
          outputTokens: Math.max(1, Math.round(Math.exp(4 + 1 * random.normal()))),
        };
      }
    }
    if (span !== Infinity) return;
  }
}
