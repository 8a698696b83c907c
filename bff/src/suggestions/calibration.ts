import type { Calibration } from '@fleetbeat/contracts/suggestions.ts';

/** How far an agent's confidence can be trusted: its suggestions' confidence held against what became of their tasks. */

export interface Sample {
  readonly confidence: number;
  readonly succeeded: boolean;
}

export interface Share {
  readonly n: number;
  readonly success: number;
  readonly low: number;
  readonly high: number;
}

const BINS = 10;
/** The normal distribution's quantile for 95%, both sides. */
const Z = 1.959964;

/** A share of successes with Wilson's score interval (Wilson 1927), which holds for few samples and for shares near 0 and 1 too. */
export function shareOf(successes: number, n: number): Share {
  if (n === 0) return { n, success: 0, low: 0, high: 1 };
  const p = successes / n;
  const z2 = Z * Z;
  const middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { n, success: p, low: Math.max(0, Math.min(p, middle - half)), high: Math.min(1, Math.max(p, middle + half)) };
}

/** Samples by confidence in ten bins of one width; a confidence of 1 belongs to the last. Empty bins are left out. */
export function reliabilityBins(samples: readonly Sample[]): Calibration['bins'] {
  const bins = Array.from({ length: BINS }, () => ({ n: 0, successes: 0, confidence: 0 }));
  for (const { confidence, succeeded } of samples) {
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    if (bin === undefined) continue;
    bin.n += 1;
    bin.confidence += confidence;
    if (succeeded) bin.successes += 1;
  }
  return bins.flatMap(({ n, successes, confidence }, index) =>
    n === 0 ? [] : [{ from: index / BINS, to: (index + 1) / BINS, mean_confidence: confidence / n, ...shareOf(successes, n) }],
  );
}

/** The mean distance of confidence and success, bins weighed by their samples (Naeini et al. 2015); null where there are none. */
export function expectedCalibrationError(bins: Calibration['bins']): number | null {
  const all = bins.reduce((sum, { n }) => sum + n, 0);
  if (all === 0) return null;
  return bins.reduce((sum, { n, mean_confidence, success }) => sum + (n / all) * Math.abs(mean_confidence - success), 0);
}

/**
 * The lowest confidence from which on suggestions succeed at `target` or better, by the lower bound of what `minSamples` of
 * them or more say; null where no confidence is known to be enough.
 */
export function recommendThreshold(samples: readonly Sample[], target: number, minSamples: number): Calibration['recommended'] {
  const sorted = [...samples].sort((a, b) => b.confidence - a.confidence);
  let best: Calibration['recommended'] = null;
  let successes = 0;
  for (const [index, { confidence, succeeded }] of sorted.entries()) {
    if (succeeded) successes += 1;
    // Equal confidences cannot be told apart by a threshold.
    if (sorted[index + 1]?.confidence === confidence || index + 1 < minSamples) continue;
    const share = shareOf(successes, index + 1);
    if (share.low >= target) best = { threshold: confidence, ...share };
  }
  return best;
}
