import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKey, encodeKey, lineOf, quote, timestamp } from './line-protocol.ts';

const row = {
  set: 'tasks',
  key: 'all',
  tier: '10s',
  window: 1_700_000_000_000,
  source: 3,
  seq: 42,
  values: [5, 0, 2, 0, 0, 0, 9_007_199_254_740_993, 0],
  sketch: null,
  distinct: null,
} as const;

describe('lineOf', () => {
  it('leaves zeros out and puts the cut into the nanoseconds', () => {
    expect(lineOf(row)).toBe(
      'task_partials,key=all,set=tasks,source=3,tier=10s seq=42i,created=5i,completed=2i,duration_ms=9007199254740992i 1700000000000000042',
    );
  });

  it('escapes what separates, and codes what cannot be escaped', () => {
    expect(lineOf({ ...row, key: 'a b,c=d"e\\' })).toContain(',key=a\\ b\\,c\\=d"e%5C,set=');
    expect(lineOf({ ...row, key: 'x\ny' })).toContain(',key=x%0Ay,');
    expect(lineOf({ ...row, key: '' })).toContain(',key=%,');
  });

  it('carries sketches as base64 text', () => {
    expect(lineOf({ ...row, sketch: Uint8Array.of(1, 2, 3), distinct: Uint8Array.of(255) })).toContain(
      ',sketch="AQID",distinct_sketch="/w==" 17',
    );
  });

  it('saturates what 64 bits do not hold and refuses what is no integer', () => {
    expect(lineOf({ ...row, values: [1e30, 0, 0, 0, 0, 0, 0, 0] })).toContain('created=9223372036854774784i');
    expect(() => lineOf({ ...row, values: [0.5, 0, 0, 0, 0, 0, 0, 0] })).toThrow(RangeError);
    expect(() => lineOf({ ...row, values: [NaN, 0, 0, 0, 0, 0, 0, 0] })).toThrow(RangeError);
  });
});

describe('timestamp', () => {
  it('stays inside the window and differs from cut to cut', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000_000), fc.nat(Number.MAX_SAFE_INTEGER), fc.constantFrom('10s', '1m', '1h'), (n, seq, tier) => {
        const roomMs = { '10s': 10_000, '1m': 5_000, '1h': 3_600_000 }[tier];
        const window = n * 10_000;
        const exact = BigInt(window) * 1_000_000n + (BigInt(seq) % (BigInt(roomMs) * 1_000_000n));
        expect(BigInt(timestamp({ window, seq, tier }))).toBe(exact);
      }),
    );
  });

  it('tells of a 1 m row that stands for a 10 s row as well which one that is', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(5), fc.nat(Number.MAX_SAFE_INTEGER), (n, place, seq) => {
        const window = n * 60_000;
        const sole = window + place * 10_000;
        const time = BigInt(timestamp({ window, seq, tier: '1m', sole })) - BigInt(sole) * 1_000_000n;
        expect(time).toBe(5_000_000_000n + (BigInt(seq) % 5_000_000_000n));
      }),
    );
  });
});

describe('keys', () => {
  it('come back from their coded form, which has nothing in it that ends a line or escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const coded = encodeKey(key);
        expect(decodeKey(coded)).toBe(key);
        expect(coded).not.toBe('');
        expect([...coded].filter((character) => character < ' ' || character === '\\')).toEqual([]);
      }),
    );
  });

  it('cannot end a string literal', () => {
    expect(quote(`'; DROP DATABASE x; --`)).toBe(`'\\'; DROP DATABASE x; --'`);
    expect(quote('\\')).toBe(`'\\\\'`);
  });
});
