import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admit,
  afterAttempt,
  burstOf,
  FAILURES_TO_OPEN,
  FIRST_PAUSE_MS,
  LONGEST_PAUSE_MS,
  MAX_IN_FLIGHT,
  NEW_CHANNEL,
  type ChannelHealth,
} from './channel-gate.ts';
import { permanent, retryable, type Outcome } from './outcome.ts';

const DELIVERED: Outcome = { kind: 'delivered', status: 200, providerId: null };
const FAILED = retryable('no answer');
const PROBE_MS = 30_000;

const ask = (health: ChannelHealth, now: number, over: { ratePerMinute?: number; inFlight?: number; wanted?: number } = {}) =>
  admit(health, { ratePerMinute: 600, inFlight: 0, wanted: 100, probeMs: PROBE_MS, ...over }, now);
const after = (health: ChannelHealth, outcomes: readonly Outcome[], now = 0) =>
  outcomes.reduce((state, outcome) => afterAttempt(state, outcome, now, 0), health);
const times = (count: number, outcome: Outcome) => Array.from({ length: count }, () => outcome);

describe('the circuit of a channel', () => {
  it('opens after so many failures in a row, not before', () => {
    expect(after(NEW_CHANNEL, times(FAILURES_TO_OPEN - 1, FAILED)).circuit).toBe('closed');
    expect(after(NEW_CHANNEL, [...times(FAILURES_TO_OPEN - 1, FAILED), DELIVERED, FAILED]).circuit).toBe('closed');
    expect(after(NEW_CHANNEL, times(FAILURES_TO_OPEN, FAILED))).toMatchObject({ circuit: 'open', closedUntil: FIRST_PAUSE_MS });
  });

  it('lets one delivery through after its pause, and another where nobody hears of the first', () => {
    const open = after(NEW_CHANNEL, times(FAILURES_TO_OPEN, FAILED));
    expect(ask(open, FIRST_PAUSE_MS - 1).permits).toBe(0);
    const probing = ask(open, FIRST_PAUSE_MS);
    expect(probing).toMatchObject({ permits: 1, health: { circuit: 'half_open' } });
    expect(ask(probing.health, FIRST_PAUSE_MS + PROBE_MS - 1).permits).toBe(0);
    expect(ask(probing.health, FIRST_PAUSE_MS + PROBE_MS).permits).toBe(1);
  });

  it('stays open for twice as long each time, up to a bound, until a delivery succeeds', () => {
    let health = after(NEW_CHANNEL, times(FAILURES_TO_OPEN, FAILED));
    const pauses: number[] = [];
    for (let now = health.closedUntil, n = 0; n < 7; n++, now = health.closedUntil) {
      health = afterAttempt(ask(health, now).health, FAILED, now, 0);
      pauses.push(health.closedUntil - now);
    }
    expect(pauses).toEqual([60_000, 120_000, 240_000, 480_000, ...times(3, FAILED).map(() => LONGEST_PAUSE_MS)]);
    const probing = ask(health, health.closedUntil).health;
    expect(afterAttempt(probing, DELIVERED, probing.closedUntil, 0)).toMatchObject({
      circuit: 'closed',
      failures: 0,
      openings: 0,
      closedUntil: 0,
    });
  });

  it('is not opened by whoever answers, be it with a refusal', () => {
    expect(after(NEW_CHANNEL, times(20, permanent('it answers 404', 404))).circuit).toBe('closed');
    const busy = retryable('it answers 429', { status: 429, retryAfterMs: 7_000, tooMany: true });
    expect(after(NEW_CHANNEL, times(20, busy))).toMatchObject({ circuit: 'closed', closedUntil: 7_000 });
  });

  it('does not count what was begun before it opened', () => {
    const open = after(NEW_CHANNEL, times(FAILURES_TO_OPEN, FAILED));
    expect(after(open, times(3, FAILED), 1_000)).toMatchObject({ circuit: 'open', openings: 1, closedUntil: open.closedUntil });
  });
});

describe('the rate of a channel', () => {
  it('is never exceeded over any stretch of time, but for one burst', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_200 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 20 })), { maxLength: 60 }),
        (ratePerMinute, asks) => {
          let health = NEW_CHANNEL;
          let now = 0;
          const sent: { at: number; permits: number }[] = [];
          for (const [wait, wanted] of asks) {
            now += wait;
            const admitted = ask(health, now, { ratePerMinute, wanted });
            expect(admitted.permits).toBeLessThanOrEqual(wanted);
            health = admitted.health;
            sent.push({ at: now, permits: admitted.permits });
          }
          for (const [first, { at: from }] of sent.entries()) {
            let total = 0;
            for (const { at, permits } of sent.slice(first)) {
              total += permits;
              expect(total).toBeLessThanOrEqual(burstOf(ratePerMinute) + ((at - from) * ratePerMinute) / 60_000 + 1e-6);
            }
          }
        },
      ),
    );
  });

  it('leaves room for what is under way', () => {
    expect(ask(NEW_CHANNEL, 0, { inFlight: MAX_IN_FLIGHT - 2 }).permits).toBe(2);
    expect(ask(NEW_CHANNEL, 0, { inFlight: MAX_IN_FLIGHT + 5 }).permits).toBe(0);
  });
});
