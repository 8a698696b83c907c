import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistinctSketch, EXACT_UP_TO } from './distinct-sketch.ts';
import { hashHi, hashLo, hashString } from './hash64.ts';

function addUsers(sketch: DistinctSketch, from: number, to: number): DistinctSketch {
  for (let i = from; i < to; i++) {
    hashString(`user-${i}`);
    sketch.addHash(hashHi, hashLo);
  }
  return sketch;
}

const users = (from: number, to: number) => addUsers(new DistinctSketch(), from, to);

describe('DistinctSketch', () => {
  it('is exact up to 1,024', () => {
    for (const n of [0, 1, 2, 7, 100, 1_023, EXACT_UP_TO]) {
      expect(addUsers(users(0, n), 0, n).estimate()).toBe(n);
    }
  });

  it.each([1_025, 1_500, 5_000, 20_000, 50_000, 200_000, 1_000_000])('is within 3%% of %i', (n) => {
    expect(Math.abs(users(0, n).estimate() - n) / n).toBeLessThan(0.03);
  });

  it('holds the same bytes for any order and any grouping, across both forms', () => {
    const part = fc.record({ from: fc.nat(3_000), size: fc.nat(900) });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.nat(5), (parts, cut) => {
        const all = new DistinctSketch();
        for (const { from, size } of parts) addUsers(all, from, from + size);
        const sketches = parts.map(({ from, size }) => users(from, from + size));
        const left = new DistinctSketch();
        for (const sketch of sketches.slice(0, cut)) left.merge(sketch);
        const right = new DistinctSketch();
        for (const sketch of sketches.slice(cut).toReversed()) right.mergeBytes(sketch.serialize());
        const bytes = all.serialize();
        const rightFirst = new DistinctSketch();
        rightFirst.merge(right);
        rightFirst.mergeBytes(left.serialize());
        left.merge(right);
        expect(left.serialize()).toEqual(bytes);
        expect(rightFirst.serialize()).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('takes any pair of halves for a hash, (0, 0) included, in any order', () => {
    const half = fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000, 0xffffffff, 0x20000);
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half), { minLength: 1, maxLength: 12 }), (hashes) => {
        const early = new DistinctSketch();
        const late = users(0, 1_100);
        for (const [hi, lo] of hashes) early.addHash(hi, lo);
        addUsers(early, 0, 1_100);
        for (const [hi, lo] of hashes) late.addHash(hi, lo);
        expect(early.serialize()).toEqual(late.serialize());
      }),
    );
  });

  it.each([0, 3, 1_024, 1_025, 4_000, 100_000])('comes back from its bytes with %i users', (n) => {
    const sketch = users(0, n);
    const bytes = sketch.serialize();
    const parsed = DistinctSketch.parse(bytes);
    expect(parsed.estimate()).toBe(sketch.estimate());
    expect(parsed.serialize()).toEqual(bytes);
    expect(bytes.length).toBeLessThanOrEqual(12_290);
    sketch.clear();
    expect(sketch.estimate()).toBe(0);
    expect(addUsers(sketch, 0, 3).serialize()).toEqual(users(0, 3).serialize());
  });

  it('refuses bytes that are no sketch', () => {
    for (const n of [5, 2_000, 100_000]) {
      const bytes = users(0, n).serialize();
      expect(() => DistinctSketch.parse(bytes.subarray(0, bytes.length - 1))).toThrow(RangeError);
    }
    expect(() => DistinctSketch.parse(Uint8Array.of(1, 9))).toThrow(RangeError);
    expect(() => DistinctSketch.parse(Uint8Array.of(7))).toThrow(RangeError);
    expect(() => DistinctSketch.parse(Uint8Array.of(1, 1, 0, 60))).toThrow(RangeError);
  });
});
