import type { TransitionReason } from '@fleetbeat/contracts/alerts.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { abandon, evaluate, type Observation } from '@fleetbeat/infra/rules/evaluate.ts';
import { readDetails } from './alert-details.ts';
import type { ActiveAlert, AlertChange } from './alert-store.ts';
import type { Verdict } from './diagnose.ts';
import { judgeSilent, type HostWatch } from './joint-liveness.ts';
import type { Observations, Sight } from './observations.ts';

/** What becomes of the alerts of a rule by what it sees. */

/** Alerts of one rule that are pending or firing, at most; further keys in breach are counted. */
export const MAX_ALERTS_PER_RULE = 100;

/** What all rules of one round share. */
export interface Round extends Sight {
  readonly hostWatches: readonly HostWatch[];
}

export interface FoundChanges {
  readonly changes: readonly AlertChange[];
  /** Keys in breach that have no alert, as the rule has as many as it may have. */
  readonly beyond: number;
}

/** What becomes of each key: those that have an alert first, further ones while there is room for theirs. */
export function changesOf(rule: Rule, observed: Observations, active: readonly ActiveAlert[], now: number): FoundChanges {
  const changes: AlertChange[] = [];
  let room = MAX_ALERTS_PER_RULE;
  for (const alert of active) {
    const { tracks, transition } = evaluate(rule, observed.get(alert.key) ?? observed.otherwise, alert.tracks, now);
    // What follows from something else takes nobody's place.
    if (transition?.to !== 'resolved' && transition?.to !== 'inactive' && alert.inhibitedBy === null) room -= 1;
    if (transition !== undefined || JSON.stringify(tracks) !== JSON.stringify(alert.tracks)) {
      changes.push({ key: alert.key, before: alert, tracks, transition, shadow: alert.shadow, inhibitedBy: alert.inhibitedBy });
    }
  }
  const known = new Set(active.map(({ key }) => key));
  let beyond = 0;
  for (const [key, observation] of observed.entries()) {
    if (known.has(key)) continue;
    const { tracks, transition } = evaluate(rule, observation, {}, now);
    if (transition === undefined) continue;
    if (room > 0) {
      room -= 1;
      changes.push({ key, before: undefined, tracks, transition, shadow: rule.shadow, inhibitedBy: null });
    } else beyond += 1;
  }
  return { changes, beyond };
}

/** The end of an alert that is no longer looked at. */
export function abandoned(alert: ActiveAlert, reason: TransitionReason = 'rule_disabled'): AlertChange {
  const { key, shadow, inhibitedBy } = alert;
  return { key, before: alert, ...abandon(alert.tracks, reason), shadow, inhibitedBy };
}

/** Changes without those of what is archived, whose alerts end. */
export function withoutArchived(
  changes: readonly AlertChange[],
  active: readonly ActiveAlert[],
  archived: ReadonlySet<string>,
): readonly AlertChange[] {
  if (archived.size === 0) return changes;
  const ended = active.filter(({ key }) => archived.has(key)).map((alert) => abandoned(alert, 'no_data'));
  return [...changes.filter(({ key }) => !archived.has(key)), ...ended];
}

/** Changes as they are to be written: those of silent agents judged by their hosts, and with the details of what begins to fire. */
export async function withDetails(
  round: Round,
  rule: Rule,
  changes: readonly AlertChange[],
  active: readonly ActiveAlert[],
  observed: Observations,
): Promise<readonly AlertChange[]> {
  const judged =
    rule.kind === 'liveness' && rule.watch.set === 'agent' ? await judgeChanges(round, changes, active, observed) : undefined;
  const kept = judged?.changes ?? changes;
  const firing = kept.flatMap((change) =>
    beginsToFire(change)
      ? [{ key: change.key, observation: observed.get(change.key), verdict: judged?.verdicts.get(change.key) }]
      : [],
  );
  if (firing.length === 0) return kept;
  const details = await readDetails(round.database, rule, firing);
  return kept.map((change) => ({ ...change, details: details.get(change.key) }));
}

/** People hear of it now, or would. */
function beginsToFire({ transition }: AlertChange): boolean {
  return transition?.to === 'firing' && (transition.from !== 'firing' || transition.reason === 'inhibition_ended');
}

/**
 * What becomes of the alerts of silent agents by what their hosts do: one that cannot be told yet does not fire yet, one
 * that follows from its host's is inhibited, and one that is inhibited without a reason any more is told.
 */
async function judgeChanges(
  round: Round,
  changes: readonly AlertChange[],
  active: readonly ActiveAlert[],
  observed: Observations,
): Promise<{ changes: readonly AlertChange[]; verdicts: ReadonlyMap<string, Verdict> }> {
  const ended = new Set(changes.filter(({ transition }) => transition?.to === 'resolved').map(({ key }) => key));
  const held = active.filter(({ key, inhibitedBy }) => inhibitedBy !== null && !ended.has(key) && isSilentNow(observed.get(key)));
  const asked = [...changes.filter(beginsToFire), ...held].map(({ key }) => key);
  const verdicts = await judgeSilent(round, asked);
  const judged = changes.flatMap((change): AlertChange[] => {
    const verdict = beginsToFire(change) ? verdicts.get(change.key) : undefined;
    if (verdict?.kind === 'wait') return [];
    return [verdict?.kind === 'inhibit' ? { ...change, inhibitedBy: verdict.by } : change];
  });
  const released = held.filter(({ key }) => verdicts.get(key)?.kind === 'tell');
  const keys = new Set(released.map(({ key }) => key));
  return {
    changes: [...judged.filter(({ key }) => !keys.has(key)), ...released.map((alert) => release(alert, observed.get(alert.key)))],
    verdicts,
  };
}

function isSilentNow(observation: Observation | undefined): boolean {
  return observation?.kind === 'value' && observation.value > 0;
}

function release(alert: ActiveAlert, observation: Observation | undefined): AlertChange {
  const value = observation?.kind === 'value' ? observation.value : null;
  const transition = { from: 'firing', to: 'firing', severity: alert.severity, reason: 'inhibition_ended', value } as const;
  return { key: alert.key, before: alert, tracks: alert.tracks, transition, shadow: alert.shadow, inhibitedBy: null };
}
