import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { describe, expect, it } from 'vitest';
import { createWindowCache, questionOf } from './window-cache.ts';

const row = (sketchBytes: number): PartialRow => ({
  set: 'agent',
  key: 'a',
  tier: '1m',
  window: 0,
  source: 0,
  seq: 0,
  values: new Float64Array(12),
  sketch: new Uint8Array(sketchBytes),
  distinct: null,
});

describe('hours that are kept', () => {
  it('are found by their mark alone', () => {
    const cache = createWindowCache(100_000);
    const rows = [row(10)];
    cache.put('q', 0, '1:1', rows);
    expect(cache.get('q', 0, '1:1')).toBe(rows);
    expect(cache.get('q', 0, '1:2')).toBeUndefined();
    expect(cache.get('q', 3_600_000, '1:1')).toBeUndefined();
    expect(cache.get('p', 0, '1:1')).toBeUndefined();
    cache.put('q', 0, '1:2', []);
    expect(cache.get('q', 0, '1:2')).toEqual([]);
    expect(cache.stats).toMatchObject({ hits: 2, misses: 3 });
  });

  it('take no more than they may: what nobody asked for goes first', () => {
    const cache = createWindowCache(100_000);
    for (let hour = 0; hour < 1_000; hour++) {
      cache.put('q', hour, '', [row(5_000)]);
      expect(cache.stats.bytes).toBeLessThanOrEqual(100_000);
      expect(cache.get('q', 0, '')).toBeDefined();
    }
    expect(cache.get('q', 1, '')).toBeUndefined();
    expect(cache.get('q', 999, '')).toBeDefined();
    cache.put('q', 1_000, '', [row(50_000)]);
    expect(cache.get('q', 1_000, '')).toBeUndefined();
    for (let hour = 0; hour < 1_000; hour++) cache.put('q', hour, 'other', []);
    expect(cache.stats.bytes).toBeLessThanOrEqual(100_000);
  });

  it('are of one question', () => {
    const together = (key: string) => (key === 'b' ? 'a' : key);
    const questions = [
      questionOf('agent', ['a', 'b'], undefined, 60_000, true),
      questionOf('agent', ['b', 'a'], undefined, 60_000, true),
      questionOf('agent', ['a,b'], undefined, 60_000, true),
      questionOf('agent', undefined, undefined, 60_000, true),
      questionOf('agent', [], undefined, 60_000, true),
      questionOf('agent', ['a', 'b'], together, 60_000, true),
      questionOf('agent', ['a', 'a', 'b', 'a'], undefined, 60_000, true),
      questionOf('model', ['a', 'b'], undefined, 60_000, true),
      questionOf('agent', ['a', 'b'], undefined, 10_000, true),
      questionOf('agent', ['a', 'b'], undefined, 60_000, false),
    ];
    expect(new Set(questions).size).toBe(questions.length);
  });
});
