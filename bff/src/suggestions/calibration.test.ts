import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedCalibrationError, recommendThreshold, reliabilityBins, shareOf, type Sample } from './calibration.ts';

const sample = fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), succeeded: fc.boolean() });
const samples = fc.array(sample, { maxLength: 200 });

const times = (n: number, confidence: number, succeeded: boolean): Sample[] =>
  Array.from({ length: n }, () => ({ confidence, succeeded }));

describe('a share', () => {
  it.each([
    [0, 0, 0, 1],
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [5, 10, 0.2366, 0.7634],
    [90, 100, 0.8256, 0.9448],
  ])('of %d in %d lies between %f and %f', (successes, n, low, high) => {
    const share = shareOf(successes, n);
    expect(share.low).toBeCloseTo(low, 4);
    expect(share.high).toBeCloseTo(high, 4);
  });

  it('lies within its interval, which shrinks with more of the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }), (n, some) => {
        const successes = Math.min(some, n);
        const { low, success, high } = shareOf(successes, n);
        expect(0 <= low && low <= success && success <= high && high <= 1).toBe(true);
        const more = shareOf(successes * 4, n * 4);
        expect(more.high - more.low).toBeLessThan(high - low);
      }),
    );
  });
});

describe('a reliability curve', () => {
  it('holds every sample once, each in the bin of its confidence', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const bins = reliabilityBins(all);
        expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(all.length);
        for (const { from, to, mean_confidence: mean } of bins) expect(mean >= from - 1e-9 && mean <= to + 1e-9).toBe(true);
      }),
    );
  });

  it('does not depend on the order of samples', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ confidence: fc.constantFrom(0, 0.25, 0.5, 0.75, 1), succeeded: fc.boolean() })), (all) => {
        expect(reliabilityBins([...all].reverse())).toEqual(reliabilityBins(all));
        expect(recommendThreshold([...all].reverse(), 0.6, 3)).toEqual(recommendThreshold(all, 0.6, 3));
      }),
    );
  });

  it('has an error from 0 to 1, none where confidence is right and one where it is wholly wrong', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const error = expectedCalibrationError(reliabilityBins(all));
        expect(error === null ? all.length === 0 : error >= 0 && error <= 1).toBe(true);
      }),
    );
    expect(expectedCalibrationError(reliabilityBins([...times(3, 0.75, true), ...times(1, 0.75, false)]))).toBe(0);
    expect(expectedCalibrationError(reliabilityBins([...times(4, 1, false), ...times(4, 0, true)]))).toBe(1);
    expect(expectedCalibrationError(reliabilityBins([...times(3, 0.9, false), ...times(1, 0.25, true)]))).toBeCloseTo(0.8625);
  });
});

describe('a recommended threshold', () => {
  it('is the lowest confidence from which on enough succeed', () => {
    const all = [...times(60, 0.95, true), ...times(40, 0.8, true), ...times(30, 0.5, false)];
    expect(recommendThreshold(all, 0.9, 30)).toMatchObject({ threshold: 0.8, n: 100, success: 1 });
    expect(recommendThreshold(all, 0.9, 61)).toMatchObject({ threshold: 0.8 });
    expect(recommendThreshold(all, 0.5, 30)).toMatchObject({ threshold: 0.5, n: 130 });
    expect(recommendThreshold(all, 0.99, 30)).toBeNull();
  });

  it('is none where there are too few to say so', () => {
    expect(recommendThreshold(times(29, 0.9, true), 0.5, 30)).toBeNull();
    // All of 30 succeeded, which is no proof of 90%.
    expect(recommendThreshold(times(30, 0.9, true), 0.9, 30)).toBeNull();
    expect(recommendThreshold([], 0.5, 1)).toBeNull();
  });

  it('keeps its promise by all samples above it, and no lower confidence would', () => {
    fc.assert(
      fc.property(
        samples,
        fc.double({ min: 0.5, max: 0.95, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        (all, target, min) => {
          const at = (threshold: number) => {
            const above = all.filter(({ confidence }) => confidence >= threshold);
            return shareOf(above.filter(({ succeeded }) => succeeded).length, above.length);
          };
          const found = recommendThreshold(all, target, min);
          if (found !== null) expect({ threshold: found.threshold, ...at(found.threshold) }).toEqual(found);
          const enough = all
            .map(({ confidence }) => confidence)
            .filter((threshold) => at(threshold).n >= min && at(threshold).low >= target);
          expect(found?.threshold ?? null).toBe(enough.length === 0 ? null : Math.min(...enough));
        },
      ),
    );
  });
});
