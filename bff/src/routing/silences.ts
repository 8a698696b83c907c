import type { Affects, Matcher, Silence, SilenceInput, Stored, StoredSilence } from '@fleetbeat/contracts/routing.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { silenceState } from '@fleetbeat/infra/routing/held-back.ts';
import { fitsAll } from '@fleetbeat/infra/routing/matchers.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { mistakeAt, type DefinitionRules } from './definition-changes.ts';
import { needPatterns } from './references.ts';

/** The longest silence, in milliseconds (a year); maintenance windows may recur without end. */
const LONGEST_MS = 366 * 86_400_000;
/** Alerts that fire, of which it is asked whether a silence fits them, at most. */
const MOST_ALERTS = 10_000;
/** Alerts that are told one by one. */
const LISTED = 20;

export const SILENCE_RULES: DefinitionRules<SilenceInput, Silence> = {
  kind: 'silence',
  most: 2_000,
  accept(_, __, input, before, now) {
    if (before !== null && silenceState(before, now) === 'expired') {
      throw new HttpProblem(409, 'silence-expired', 'the silence is over: add a new one');
    }
    const silence = { ...input, starts_at: input.starts_at ?? before?.starts_at ?? now };
    needPatterns('matchers', silence.matchers);
    if (fitsAll(silence.matchers, {})) {
      throw mistakeAt('matchers', 'fit alerts without any labels, so all there are: give one that does not');
    }
    if (silence.ends_at !== null && silence.ends_at <= Math.max(silence.starts_at, now)) {
      throw mistakeAt('ends_at', 'must lie ahead, after starts_at');
    }
    if (silence.ends_at !== null && silence.times === null && silence.ends_at - silence.starts_at > LONGEST_MS) {
      throw mistakeAt('ends_at', 'at most a year after starts_at');
    }
    return Promise.resolve(silence);
  },
  mayGo: () => Promise.resolve(),
};

/** A silence that is deleted ends, so that it can still be seen what it held back; one that has not begun goes. */
export function endSilence(silence: Silence, at: number): Silence | null {
  const state = silenceState(silence, at);
  if (state === 'expired') throw new HttpProblem(409, 'silence-expired', 'the silence is over already');
  return state === 'pending' ? null : { ...silence, ends_at: at };
}

interface FiringAlert {
  readonly id: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Silences with what they do now. */
export function createPresentSilences(query: ReadQuery, now: () => number) {
  return async (stored: readonly Stored<Silence>[]): Promise<StoredSilence[]> => {
    if (stored.length === 0) return [];
    const alerts = await readFiring(query);
    const at = now();
    return stored.map((silence) => {
      const { definition } = silence;
      return { ...silence, state: silenceState(definition, at), affects: affectedBy(definition.matchers, alerts) };
    });
  };
}

/** What a silence with these matchers would hold back now. Throws problems for patterns that are none. */
export function createTestSilence(query: ReadQuery) {
  return async (matchers: readonly Matcher[]): Promise<Affects> => {
    needPatterns('matchers', matchers);
    return affectedBy(matchers, await readFiring(query));
  };
}

function readFiring(query: ReadQuery): Promise<FiringAlert[]> {
  return query<FiringAlert>(
    'silences.affected',
    `select alert_id as id, labels from incident_alerts where state = 'firing' order by alert_id desc limit $1`,
    [MOST_ALERTS],
  );
}

function affectedBy(matchers: readonly Matcher[], alerts: readonly FiringAlert[]): Affects {
  const fitting = alerts.filter(({ labels }) => fitsAll(matchers, labels));
  const first = fitting.slice(0, LISTED).map(({ id, labels }) => {
    return { id, rule_name: labels['alertname'] ?? '', key: labels['key'] ?? '' };
  });
  return { alerts: fitting.length, first };
}
