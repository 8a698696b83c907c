import type { Circuit } from '@fleetbeat/contracts/channels.ts';
import type { Outcome } from './outcome.ts';

/**
 * Whether a channel may be sent to now: its rate, a pause its provider has asked for, and its circuit breaker. All
 * workers share the state, a row each channel. Pure.
 */
export interface ChannelHealth {
  readonly circuit: Circuit;
  /** In a row. */
  readonly failures: number;
  /** How often the circuit has opened since the last success. */
  readonly openings: number;
  /** Nothing is sent before, epoch ms. */
  readonly closedUntil: number;
  /** What the token bucket held at `tokensAt`; null: it was full. */
  readonly tokens: number | null;
  readonly tokensAt: number;
}

export const NEW_CHANNEL: ChannelHealth = {
  circuit: 'closed',
  failures: 0,
  openings: 0,
  closedUntil: 0,
  tokens: null,
  tokensAt: 0,
};

/** Failures in a row that open the circuit. */
export const FAILURES_TO_OPEN = 5;
/** How long it stays open the first time; doubled each further time, up to the longest. In milliseconds. */
export const FIRST_PAUSE_MS = 30_000;
export const LONGEST_PAUSE_MS = 600_000;
/** Deliveries of a channel under way at once, so that one that hangs does not occupy every worker. */
export const MAX_IN_FLIGHT = 8;
/** A pause that a provider asks for is believed up to an hour. */
const LONGEST_ASKED_MS = 3_600_000;
const TOO_MANY_PAUSE_MS = 5_000;

/** The most deliveries at once after a pause: those of five seconds, and one at least. */
export function burstOf(ratePerMinute: number): number {
  return Math.max(1, Math.floor(ratePerMinute / 12));
}

/**
 * How many deliveries may go now, of those that want to, and the state once they have gone. `probeMs`: how long a
 * half-open circuit waits for the answer to its one delivery before it tries another.
 */
export function admit(
  health: ChannelHealth,
  { ratePerMinute, inFlight, wanted, probeMs }: { ratePerMinute: number; inFlight: number; wanted: number; probeMs: number },
  now: number,
): { permits: number; health: ChannelHealth } {
  if (wanted <= 0 || now < health.closedUntil) return { permits: 0, health };
  if (health.circuit !== 'closed') {
    return { permits: 1, health: { ...health, circuit: 'half_open', closedUntil: now + probeMs } };
  }
  const burst = burstOf(ratePerMinute);
  const passed = Math.max(0, now - health.tokensAt);
  const tokens = health.tokens === null ? burst : Math.min(burst, health.tokens + (passed * ratePerMinute) / 60_000);
  const permits = Math.max(0, Math.min(Math.floor(tokens), MAX_IN_FLIGHT - inFlight, wanted));
  return { permits, health: { ...health, tokens: tokens - permits, tokensAt: now } };
}

/** The state after an attempt. `random`: 0 to 1, spreads what would come back at one moment. */
export function afterAttempt(health: ChannelHealth, outcome: Outcome, now: number, random: number): ChannelHealth {
  // Whoever refuses what we send is there: only what another try may mend speaks against a channel.
  if (outcome.kind !== 'retryable') {
    const closedUntil = health.circuit === 'closed' ? health.closedUntil : 0;
    return { ...health, circuit: 'closed', failures: 0, openings: 0, closedUntil };
  }
  const asked = Math.min(outcome.retryAfterMs ?? (outcome.tooMany ? TOO_MANY_PAUSE_MS : 0), LONGEST_ASKED_MS);
  const askedUntil = Math.max(health.circuit === 'half_open' ? 0 : health.closedUntil, asked === 0 ? 0 : now + asked);
  if (outcome.tooMany) {
    return health.circuit === 'open'
      ? { ...health, closedUntil: askedUntil }
      : { ...health, circuit: 'closed', failures: 0, openings: 0, closedUntil: askedUntil };
  }
  const failures = health.failures + 1;
  const opens = health.circuit === 'half_open' || (health.circuit === 'closed' && failures >= FAILURES_TO_OPEN);
  if (!opens) return { ...health, failures, closedUntil: askedUntil };
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(health.openings, 20)) * (1 + random / 10);
  const closedUntil = Math.max(askedUntil, now + Math.round(pause));
  return { ...health, circuit: 'open', failures, openings: health.openings + 1, closedUntil };
}
