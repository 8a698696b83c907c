import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashAscii, hashHi, hashLo, hashString } from './hash64.ts';

function hash(...parts: string[]): bigint {
  let hi = 0;
  let lo = 0;
  for (const part of parts) {
    hashString(part, hi, lo);
    hi = hashHi;
    lo = hashLo;
  }
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

describe('hashString', () => {
  it('gives the values that are already stored', () => {
    // A change of these numbers would make every stored duplicate hash and distinct sketch worthless.
    expect(['', 'a', 'ab', 'user-1', 'ünïcødé ☃'].map((text) => hash(text).toString(16))).toMatchInlineSnapshot(`
      [
        "b1e9c30f1de81fa1",
        "22d074bbc952b10",
        "abc2f92c4d24240",
        "cbb2b8eacc5fae8d",
        "c5c762c3cfda961c",
      ]
    `);
  });

  it('is the same where ASCII is hashed from its bytes', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.integer(), fc.nat({ max: 9 }), (text, seedHi, seedLo, before) => {
        hashString(text, seedHi, seedLo);
        const expected = [hashHi, hashLo];
        hashAscii(Buffer.from(`${' '.repeat(before)}${text}"`), before, before + text.length, seedHi, seedLo);
        expect([hashHi, hashLo]).toEqual(expected);
      }),
    );
  });

  it('is the same for equal strings and differs where parts are cut elsewhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (a, b) => {
        expect(hash(`${a}${b}`)).toBe(hash([a, b].join('')));
        expect(hash(a, b, 'x')).not.toBe(hash(`${a}x`, b));
        expect(hash(a, b)).not.toBe(hash(`${a}${b}`));
      }),
    );
  });

  it.each([
    ['numbers', (i: number) => String(i)],
    ['padded ids', (i: number) => `agent-${String(i).padStart(8, '0')}`],
    ['UUIDs of one millisecond', (i: number) => `01920000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`],
    ['strings that differ in two places', (i: number) => `${String.fromCharCode(i & 1023)}-same-${String.fromCharCode(i >> 10)}`],
  ])('does not collide on %s, and each half collides as chance would have it', (_, make) => {
    const n = 1 << 19;
    const highs = new Uint32Array(n);
    const lows = new Uint32Array(n);
    const all = new BigUint64Array(n);
    for (let i = 0; i < n; i++) {
      hashString(make(i));
      highs[i] = hashHi;
      lows[i] = hashLo;
      all[i] = (BigInt(hashHi >>> 0) << 32n) | BigInt(hashLo >>> 0);
    }
    expect(repeats(all.sort())).toBe(0);
    // n^2 / 2^33 = 32 are expected; 4 standard deviations either side.
    for (const half of [highs, lows]) {
      expect(repeats(half.sort())).toBeGreaterThan(8);
      expect(repeats(half)).toBeLessThan(56);
    }
  });

  it('turns half of the bits when one bit of the input turns', () => {
    let turned = 0;
    let compared = 0;
    for (let i = 0; i < 2_000; i++) {
      const text = `agent-${i}-event`;
      const at = i % text.length;
      const other = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (i % 7))) + text.slice(at + 1);
      turned += (hash(text) ^ hash(other)).toString(2).replaceAll('0', '').length;
      compared += 64;
    }
    expect(turned / compared).toBeGreaterThan(0.49);
    expect(turned / compared).toBeLessThan(0.51);
  });
});

function repeats(sorted: Uint32Array | BigUint64Array): number {
  let found = 0;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) found++;
  return found;
}
