import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ATTEMPTS, nextTry } from './next-try.ts';
import { outcomeOf, permanent, retryable, retryAfterOf } from './outcome.ts';

const NOW = 1_800_000_000_000;

describe('the next try', () => {
  it('is at any time up to the doubled wait, and never sooner than asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_ATTEMPTS - 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 3_600_000 })),
        (attempts, random, retryAfterMs) => {
          const { state, at } = nextTry(retryable('x', { retryAfterMs }), attempts, false, NOW, random);
          expect(state).toBe('retrying');
          const wait = (at ?? 0) - NOW;
          expect(wait).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
          expect(wait).toBeLessThanOrEqual(Math.max(retryAfterMs ?? 0, Math.min(900_000, 2_000 * 2 ** (attempts - 1))));
        },
      ),
    );
  });

  it('is none once it is delivered, cannot be, or was tried often enough', () => {
    expect(nextTry({ kind: 'delivered', status: 200, providerId: null }, 3, false, NOW, 1)).toEqual({
      state: 'delivered',
      at: null,
      error: null,
    });
    expect(nextTry(permanent('gone'), 1, false, NOW, 1)).toEqual({ state: 'dead', at: null, error: 'gone' });
    expect(nextTry(retryable('x'), MAX_ATTEMPTS, false, NOW, 1)).toMatchObject({ state: 'dead', at: null });
    expect(nextTry(retryable('x'), 1, true, NOW, 1)).toEqual({ state: 'dead', at: null, error: 'x' });
  });
});

describe('an answer', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [301, 'permanent'],
    [308, 'permanent'],
    [400, 'permanent'],
    [401, 'permanent'],
    [404, 'permanent'],
    [408, 'retryable'],
    [410, 'permanent'],
    [425, 'retryable'],
    [429, 'retryable'],
    [500, 'retryable'],
    [503, 'retryable'],
  ])('of %i is %s', (status, kind) => {
    expect(outcomeOf({ kind: 'answer', status, retryAfter: null, body: '' }, NOW).kind).toBe(kind);
  });

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    [new Date(NOW + 90_000).toUTCString(), 90_000],
    [new Date(NOW - 90_000).toUTCString(), 0],
    ['soon', null],
    ['-5', null],
    ['', null],
    [null, null],
  ])('that says Retry-After: %s asks for %s ms', (header, ms) => {
    expect(retryAfterOf(header, NOW)).toBe(ms);
  });
});
