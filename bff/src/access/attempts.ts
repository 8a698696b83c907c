import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Guesses that may fail within a quarter of an hour: about one thing from one address, about it, and from one address. */
const MINUTES = 15;
const LIMITS = { pair: 10, subject: 100, address: 50 } as const;

/**
 * Bounds the guessing of secrets that people choose. Counted in each BFF by itself: with n of them a guesser has n times
 * as many. Problem `too-many-attempts` (429).
 */
export interface Attempts {
  /** Runs `work`, a guess about `subject`; a rejection with 400 or 401 counts as a failure. */
  count<T>(request: Request, subject: string, work: () => Promise<T>): Promise<T>;
}

export function createAttempts(): Attempts {
  const limiterOf = (points: number) => new RateLimiterMemory({ points, duration: MINUTES * 60 });
  const pair = limiterOf(LIMITS.pair);
  const bySubject = limiterOf(LIMITS.subject);
  const byAddress = limiterOf(LIMITS.address);

  return {
    async count(request, subject, work) {
      const address = request.ip ?? 'unknown';
      const limits = [
        [pair, JSON.stringify([address, subject])],
        [bySubject, subject],
        [byAddress, address],
      ] as const;
      // Taken before the work and given back after it, so that many at once cannot slip through.
      try {
        for (const [limiter, key] of limits) await limiter.consume(key);
      } catch (refusal) {
        throw tooMany(refusal);
      }
      try {
        const result = await work();
        await pair.delete(limits[0][1]);
        for (const [limiter, key] of limits.slice(1)) await limiter.reward(key);
        return result;
      } catch (error) {
        const wrongGuess = error instanceof HttpProblem && (error.status === 401 || error.status === 400);
        if (!wrongGuess) for (const [limiter, key] of limits) await limiter.reward(key);
        throw error;
      }
    },
  };
}

function tooMany(refusal: unknown): unknown {
  if (!(refusal instanceof RateLimiterRes)) return refusal;
  const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
  return new HttpProblem(429, 'too-many-attempts', `too many failed attempts: try again in ${seconds} seconds`, {
    'retry-after': String(seconds),
  });
}
