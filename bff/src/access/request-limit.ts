import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Authenticated } from './authenticated.ts';

/**
 * Counts a request against what its key or person, or for want of both its address, may ask in a minute. Rejects with the
 * problem `too-many-requests` (429). Each BFF counts by itself.
 */
export type LimitRequests = (request: Request, who: Authenticated | null) => Promise<void>;

/** `perMinute` 0: any number of requests. */
export function createLimitRequests(perMinute: number): LimitRequests {
  if (perMinute === 0) return async () => undefined;
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (request, who) => {
    try {
      await limiter.consume(who === null ? `address ${request.ip}` : `caller ${who.caller.id}`);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      throw new HttpProblem(429, 'too-many-requests', `more than ${perMinute} requests a minute: wait ${seconds} seconds`, {
        'retry-after': String(seconds),
      });
    }
  };
}
