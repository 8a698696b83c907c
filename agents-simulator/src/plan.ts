import type { Options } from './options.ts';
import type { Trace } from './trace.ts';
import type { Behaviour } from './fleet.ts';
import { shortHash } from './event-ids.ts';

/** How far ahead the clock of a skewed agent runs, in milliseconds. */
export const CLOCK_SKEW_MS = 4 * 60_000;
/** How much a late agent has buffered when it comes back, in milliseconds. */
export const BUFFERED_MS = 3_600_000;
/**
 * Live fleets give a sign of life this often, in milliseconds; fleets of the past less often, but before their silence counts as
 * that of one that is offline.
 */
export const LIVE_INTERVAL_MS = 5_000;
export const PAST_INTERVAL_MS = 20_000;

/**
 * When everything happens. An offset is milliseconds of the scenario's own time from its start; the
 * plan says when the event of an offset happens and when it is sent.
 */
export interface Plan {
  /** The short hash in every id: two plans that differ in anything never share one, but for agents and hosts of a named fleet. */
  readonly run: string;
  /** Event time of offset 0, epoch milliseconds. */
  readonly anchor: number;
  /** Offset of the last event; Infinity for a run without end. */
  readonly span: number;
  /** Event time of the last event, epoch milliseconds; undefined for a run without end. */
  readonly end: number | undefined;
  /** Events wait for their time; else they go as fast as they are acknowledged. */
  readonly paced: boolean;
  /** Offset from which signs of life come as densely as from a live fleet. */
  readonly liveFrom: number;
  /** Event time of an offset for an agent of that behaviour, epoch milliseconds. */
  timeOf(offset: number, behaviour: Behaviour): number;
  /** The offset at which the event is sent. */
  sentAt(offset: number, behaviour: Behaviour): number;
  /** Wall-clock time of a sending offset, epoch milliseconds. */
  wallTime(offset: number): number;
}

/**
 * Lays out a run from its options, its trace (null: synthetic) and the time of its start. What lies before `heardAt`, when the
 * same fleet was last heard of, is not filled in before a run that follows.
 */
export function createPlan(options: Options, trace: Trace | null, now: number, heardAt = -Infinity): Plan {
  const backfill = options.speed === 'max';
  const factor = options.speed === 'max' ? 1 : options.speed;
  const past = Math.min(trace?.span ?? 0, Math.max(0, (options.end ?? now) - heardAt));
  const span = spanOf(options, trace, factor, past);
  const length = (options.follow ? past : span === Infinity ? 0 : span) / factor;
  const anchor = options.end !== undefined ? options.end - length : backfill ? now - length : now;
  const end = span === Infinity ? undefined : anchor + span / factor;
  const run = shortHash(
    JSON.stringify([
      options.seed,
      end ?? anchor,
      options.speed,
      span === Infinity ? 'endless' : span,
      options.agents,
      options.hosts,
      options.users,
      options.traceOnly,
      options.clockSkew,
      options.late,
      trace === null ? options.rate : [trace.rows.length, trace.span],
      options.fleetName ?? null,
    ]),
  );
  const wallTime = (offset: number): number => anchor + offset / factor;
  const half = span / 2;
  return {
    run,
    anchor,
    span,
    end,
    paced: !backfill || options.follow,
    liveFrom: options.follow ? length * factor : backfill ? Infinity : 0,
    wallTime,
    timeOf: (offset, behaviour) => {
      if (behaviour === 'skewed') return Math.floor(wallTime(offset)) + CLOCK_SKEW_MS;
      // What a late agent does in the first half fills the hour before its return.
      if (behaviour === 'late' && offset < half) return Math.floor(wallTime(half) - BUFFERED_MS * (1 - offset / half));
      return Math.floor(wallTime(offset));
    },
    sentAt: (offset, behaviour) => (behaviour === 'late' && offset < half ? half : offset),
  };
}

/** `past` is how much of it a run fills in that then follows. */
function spanOf(options: Options, trace: Trace | null, factor: number, past: number): number {
  if (options.follow) return options.durationMs === undefined || trace === null ? Infinity : past + options.durationMs;
  if (options.durationMs !== undefined) return options.durationMs * factor;
  if (options.speed === 'max' && trace !== null) return trace.span;
  return Infinity;
}
