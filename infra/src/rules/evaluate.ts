import type { AlertState, Severity, TransitionReason } from '@fleetbeat/contracts/alerts.ts';
import type { ComparedRule, Level, Rule, RuleOf } from '@fleetbeat/contracts/rules.ts';

/**
 * What a rule sees of one key. `no_data`: certainly nothing. `unknown`: it cannot be told now, as while the pipeline
 * lags; then nothing changes.
 */
export type Observation =
  | {
      readonly kind: 'value';
      readonly value: number;
      /** Of a budget: in how many seconds its limit will be reached at the present rate; undefined: not so. */
      readonly limitIn?: number | undefined;
    }
  | { readonly kind: 'no_data' }
  | { readonly kind: 'unknown' };

/**
 * One level of an alert: an alert as Prometheus knows it. `since`: when the breach began; `clearedAt`: when a firing
 * one was first seen without its breach (`keep_firing_for` runs from there).
 */
export interface Track {
  readonly since: number;
  readonly firing: boolean;
  readonly clearedAt: number | null;
}

/** The state of one key under one rule: the tracks of its levels that are not inactive. */
export type Tracks = Readonly<Partial<Record<Severity, Track>>>;

export interface Transition {
  readonly from: AlertState;
  readonly to: AlertState;
  /** What it is at now; the last one it had where it has ended. */
  readonly severity: Severity;
  readonly reason: TransitionReason;
  readonly value: number | null;
}

export interface Evaluation {
  readonly tracks: Tracks;
  /** Undefined where neither state nor severity have changed. */
  readonly transition: Transition | undefined;
}

/** A level that can be breached: its condition while it fires is another than before (hysteresis). */
interface Condition {
  readonly severity: Severity;
  readonly holds: (observation: Observation, firing: boolean) => boolean;
}

/**
 * Moves one key of a rule on to `now` (epoch ms). Each level is an alert by the rules of Prometheus: a breach makes it
 * pending; it fires at the first evaluation at which the breach has lasted for `for_s` (at once for 0, otherwise never
 * at the one that found it); a breach that ends takes a pending one away at once and a firing one when
 * `keep_firing_for_s` have passed since it was first seen gone; a breach that comes back in between ends that wait.
 * The alert is at the highest level that fires, else at the highest that is pending.
 */
export function evaluate(rule: Rule, observation: Observation, tracks: Tracks, now: number): Evaluation {
  if (observation.kind === 'unknown') return { tracks, transition: undefined };
  const next: Partial<Record<Severity, Track>> = {};
  for (const { severity, holds } of conditionsOf(rule)) {
    const track = tracks[severity];
    const moved = moveTrack(
      track,
      holds(observation, track?.firing ?? false),
      rule.for_s * 1_000,
      rule.keep_firing_for_s * 1_000,
      now,
    );
    if (moved !== undefined) next[severity] = moved;
  }
  const transition = transitionOf(standing(tracks), standing(next), observation);
  return { tracks: transition?.to === 'resolved' ? {} : next, transition };
}

/** Ends whatever there is of a rule, or a key, that is no longer looked at. */
export function abandon(tracks: Tracks, reason: TransitionReason = 'rule_disabled'): Evaluation {
  const before = standing(tracks);
  if (before.state === 'inactive') return { tracks: {}, transition: undefined };
  const to = before.state === 'firing' ? 'resolved' : 'inactive';
  return { tracks: {}, transition: { from: before.state, to, severity: before.severity, reason, value: null } };
}

function moveTrack(track: Track | undefined, holds: boolean, forMs: number, keepMs: number, now: number): Track | undefined {
  if (holds) {
    const since = track?.since ?? now;
    return { since, firing: track?.firing === true || now - since >= forMs, clearedAt: null };
  }
  if (track === undefined || !track.firing || keepMs === 0) return undefined;
  const clearedAt = track.clearedAt ?? now;
  return now - clearedAt < keepMs ? { ...track, clearedAt } : undefined;
}

const LEVELS: readonly Severity[] = ['error', 'warning', 'info'];

type Standing = { readonly state: 'inactive' } | { readonly state: 'pending' | 'firing'; readonly severity: Severity };

function standing(tracks: Tracks): Standing {
  const severity = LEVELS.find((level) => tracks[level]?.firing) ?? LEVELS.find((level) => tracks[level] !== undefined);
  if (severity === undefined) return { state: 'inactive' };
  return { state: tracks[severity]?.firing === true ? 'firing' : 'pending', severity };
}

function transitionOf(before: Standing, after: Standing, observation: Observation): Transition | undefined {
  const value = observation.kind === 'value' ? observation.value : null;
  const ended: TransitionReason = observation.kind === 'no_data' ? 'no_data' : 'breach_ended';
  if (after.state === 'inactive') {
    if (before.state === 'inactive') return undefined;
    const to = before.state === 'firing' ? 'resolved' : 'inactive';
    return { from: before.state, to, severity: before.severity, reason: ended, value };
  }
  const change = (reason: TransitionReason): Transition => {
    return { from: before.state, to: after.state, severity: after.severity, reason, value };
  };
  if (before.state !== after.state) {
    // A firing level that ends beside a pending one: the alert is over, and what is pending begins anew.
    if (after.state === 'pending' && before.state === 'firing') {
      return { from: 'firing', to: 'resolved', severity: before.severity, reason: ended, value };
    }
    return change(after.state === 'firing' ? 'breach_lasted' : 'breach_began');
  }
  if (before.severity === after.severity) return undefined;
  const worse = LEVELS.indexOf(after.severity) < LEVELS.indexOf(before.severity);
  return change(worse ? 'worse_lasted' : 'worse_ended');
}

function conditionsOf(rule: Rule): Condition[] {
  switch (rule.kind) {
    case 'threshold':
    case 'change':
      return (['error', 'warning'] as const).flatMap((severity) => {
        const level = rule[severity];
        return level === undefined ? [] : [{ severity, holds: breach(rule, level) }];
      });
    case 'budget':
      return [
        ...(rule.error_at === null ? [] : [{ severity: 'error' as const, holds: spent(rule, rule.error_at) }]),
        ...(rule.warning_at === null
          ? []
          : [{ severity: 'warning' as const, holds: spent(rule, rule.warning_at, rule.warn_ahead_s) }]),
      ];
    case 'absence':
      return [{ severity: rule.severity, holds: ({ kind }) => kind === 'no_data' }];
    case 'liveness':
    case 'looping':
      // The value is how long it has lasted, in seconds, where that is too long, else 0.
      return [{ severity: rule.severity, holds: (observation) => observation.kind === 'value' && observation.value > 0 }];
    default:
      return rule satisfies never;
  }
}

/** Tells of values whether they would begin a breach of any level of a rule. For very many of them. */
export function breachBegins(rule: ComparedRule): (value: number) => boolean {
  const thresholds = [rule.error, rule.warning].flatMap((level) => (level === undefined ? [] : [level.threshold]));
  const lowest = Math.min(...thresholds);
  const highest = Math.max(...thresholds);
  switch (rule.comparison) {
    case '>':
      return (value) => value > lowest;
    case '>=':
      return (value) => value >= lowest;
    case '<':
      return (value) => value < highest;
    case '<=':
      return (value) => value <= highest;
    default:
      return rule.comparison satisfies never;
  }
}

function spent({ limit }: RuleOf<'budget'>, part: number, aheadS = 0): Condition['holds'] {
  return (observation) =>
    observation.kind === 'value' && (observation.value >= limit * part || (observation.limitIn ?? Infinity) <= aheadS);
}

function breach(rule: ComparedRule, { threshold, recovery = threshold }: Level): Condition['holds'] {
  return (observation, firing) => {
    if (observation.kind !== 'value') return false;
    const { value } = observation;
    const limit = firing ? recovery : threshold;
    switch (rule.comparison) {
      case '>':
        return value > limit;
      case '>=':
        return value >= limit;
      case '<':
        return value < limit;
      case '<=':
        return value <= limit;
      default:
        return rule.comparison satisfies never;
    }
  };
}
