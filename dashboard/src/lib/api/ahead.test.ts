import { describe, expect, test } from 'vitest';
import { Ahead } from './ahead.ts';

const NOW = Date.UTC(2026, 0, 1);
const answer = Promise.resolve('answered');

function kept(url: string): Ahead {
  const ahead = new Ahead();
  ahead.keep(url, answer, NOW);
  return ahead;
}

describe('an answer that was asked for ahead', () => {
  test('is given once', () => {
    const ahead = kept('/api/v1/agents?limit=500');
    expect(ahead.take('/api/v1/agents?limit=500', NOW)).toBe(answer);
    expect(ahead.take('/api/v1/agents?limit=500', NOW)).toBeUndefined();
  });

  test('is given while it is fresh', () => {
    expect(kept('/api/v1/agents').take('/api/v1/agents', NOW + 4_999)).toBe(answer);
    expect(kept('/api/v1/agents').take('/api/v1/agents', NOW + 5_000)).toBeUndefined();
  });

  test.each([
    ['the order of what is asked', '/a?label=x&limit=5', '/a?limit=5&label=x', true],
    ['moments that lie close', '/a?from=10000&to=20000', '/a?from=10250&to=20250', true],
    ['moments that do not', '/a?from=10000&to=20000', '/a?from=10000&to=25000', false],
    ['another value', '/a?limit=5', '/a?limit=6', false],
    ['more that is asked', '/a?limit=5', '/a?limit=5&q=x', false],
    ['one label of two', '/a?label=x&label=y', '/a?label=x', false],
    ['another route', '/a', '/b', false],
  ])('tells by %s whether it is meant', (_, asked, wanted, isMeant) => {
    expect(kept(asked).take(wanted, NOW) === answer).toBe(isMeant);
  });

  test('is asked for again where it failed', async () => {
    const ahead = new Ahead();
    const failed = Promise.reject(new Error('signed out'));
    ahead.keep('/a', failed, NOW);
    await failed.catch(() => undefined);
    expect(ahead.take('/a', NOW)).toBeUndefined();
  });
});
