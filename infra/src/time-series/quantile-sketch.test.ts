import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LARGEST, QuantileSketch, RELATIVE_ERROR } from './quantile-sketch.ts';

const value = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: 0, max: 86_400_000_000 }),
  fc.double({ min: 1e-3, max: 1e15, noNaN: true }),
);
const values = fc.array(value, { minLength: 1, maxLength: 300 });

/** The definition of numpy and percentile_cont. */
function exactQuantile(sorted: readonly number[], q: number): number {
  const rank = q * (sorted.length - 1);
  const below = Math.floor(rank);
  const lower = sorted[below] ?? NaN;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return lower + (upper - lower) * (rank - below);
}

function sketchOf(items: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const item of items) sketch.add(item);
  return sketch;
}

describe('QuantileSketch', () => {
  it('tells its buckets from below, within 1% of what was added and none forgotten', () => {
    fc.assert(
      fc.property(values, (items) => {
        const told: number[] = [];
        sketchOf(items).eachBucket((value, n) => told.push(...Array.from({ length: n }, () => value)));
        const sorted = items.toSorted((a, b) => a - b);
        expect(told).toHaveLength(sorted.length);
        for (const [index, value] of told.entries()) {
          const exact = sorted[index] ?? NaN;
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(exact * (RELATIVE_ERROR + 1e-9));
        }
      }),
    );
  });

  it('is within 1% of every quantile', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (items, q) => {
        const exact = exactQuantile(
          items.toSorted((a, b) => a - b),
          q,
        );
        const estimate = sketchOf(items).quantile(q);
        expect(Math.abs((estimate ?? NaN) - exact)).toBeLessThanOrEqual(exact * (RELATIVE_ERROR + 1e-9));
      }),
    );
  });

  it('holds the same bytes however the values are split, ordered and merged', () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat(4), { minLength: 300, maxLength: 300 }), (items, groups) => {
        const parts = [0, 1, 2, 3, 4].map((group) => sketchOf(items.filter((_, i) => groups[i] === group)));
        const forward = new QuantileSketch();
        for (const part of parts) forward.merge(part);
        const backward = new QuantileSketch();
        for (const part of parts.toReversed()) backward.mergeBytes(part.serialize());
        const whole = sketchOf(items.toReversed()).serialize();
        expect(forward.serialize()).toEqual(whole);
        expect(backward.serialize()).toEqual(whole);
        expect(backward.count).toBe(items.length);
      }),
    );
  });

  it('comes back from its bytes, also after clear() and reuse', () => {
    fc.assert(
      fc.property(values, values, (before, items) => {
        const sketch = sketchOf(before);
        sketch.clear();
        expect(sketch.count).toBe(0);
        expect(sketch.quantile(0.5)).toBeNull();
        for (const item of items) sketch.add(item);
        const bytes = sketch.serialize();
        expect(bytes).toEqual(sketchOf(items).serialize());
        const parsed = QuantileSketch.parse(bytes);
        expect(parsed.serialize()).toEqual(bytes);
        expect(parsed.quantile(0.95)).toBe(sketch.quantile(0.95));
      }),
    );
  });

  it('counts past 32 bits in one bucket', () => {
    const sketch = new QuantileSketch();
    sketch.add(7, 0xffffffff);
    sketch.add(7);
    sketch.add(9_000, 3);
    sketch.merge(sketchOf([7]));
    expect(sketch.count).toBe(0xffffffff + 5);
    expect(QuantileSketch.parse(sketch.serialize()).count).toBe(sketch.count);
    expect(QuantileSketch.parse(sketch.serialize()).serialize()).toEqual(sketch.serialize());
  });

  it('takes zeros, the smallest and the largest values, and nothing that is no number', () => {
    expect(sketchOf([0, 0, 0]).quantile(1)).toBe(0);
    expect(sketchOf([0, 0, 1_000]).quantile(0.5)).toBe(0);
    expect(sketchOf([1e-9]).quantile(0.5)).toBe(0);
    expect(sketchOf([Infinity]).quantile(0.5)).toBeGreaterThan(LARGEST * 0.99);
    expect(() => sketchOf([NaN])).toThrow(RangeError);
    expect(() => sketchOf([-1])).toThrow(RangeError);
  });

  it('is small: a hundred different response times take less than 200 bytes', () => {
    expect(sketchOf(Array.from({ length: 100 }, (_, i) => 200_000 * 1.03 ** i)).serialize().length).toBeLessThan(200);
  });

  it('refuses bytes that are no sketch', () => {
    const bytes = sketchOf([1, 2, 2, 3_000]).serialize();
    expect(() => QuantileSketch.parse(bytes.slice(0, -1))).toThrow(RangeError);
    expect(() => QuantileSketch.parse(Uint8Array.of(...bytes, 0))).toThrow(RangeError);
    expect(() => QuantileSketch.parse(Uint8Array.of(9, 0, 0))).toThrow(RangeError);
    expect(() => QuantileSketch.parse(new Uint8Array(0))).toThrow(RangeError);
    expect(() => QuantileSketch.parse(Uint8Array.of(1, 0, 1, 255, 255, 255, 255, 0))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        try {
          QuantileSketch.parse(noise);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
