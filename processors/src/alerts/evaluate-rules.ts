import type { Notification, TransitionReason } from '@fleetbeat/contracts/alerts.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { inTransaction } from '@fleetbeat/infra/database/database.ts';
import { abandon, evaluate, type Observation } from '@fleetbeat/infra/rules/evaluate.ts';
import { TooManyRows } from '@fleetbeat/infra/time-series/time-series.ts';
import { readDetails } from './alert-details.ts';
import {
  applyChanges,
  expireAlerts,
  isTold,
  readActiveAlerts,
  readRules,
  writeHealth,
  type ActiveAlert,
  type ActiveRule,
  type AlertChange,
  type RuleHealth,
} from './alert-store.ts';
import type { Verdict } from './diagnose.ts';
import { isHostWatch, judgeSilent, type HostWatch } from './joint-liveness.ts';
import { tell } from './notification-text.ts';
import { observations, questionsOf, type Observations, type Sight } from './observations.ts';
import { readArchived } from './registry.ts';
import type { RollingWindows } from './rolling-windows.ts';
import { readSourceClocks } from './source-clocks.ts';
import { RingFull } from './window-ring.ts';

/** Alerts of one rule that are pending or firing, at most; further keys in breach are counted. */
export const MAX_ALERTS_PER_RULE = 100;
/** Any number that nobody else uses: one process evaluates at a time. */
const EVALUATION_LOCK = 2_914_460_871;
/** Resolved alerts and notifications are kept for 30 days. */
const KEEP_MS = 30 * 24 * 3_600_000;

export interface Evaluator extends Pick<Sight, 'database' | 'history' | 'silentMs' | 'since'> {
  readonly windows: Pick<RollingWindows, 'follow' | 'read'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a round has told, and the rules that could not be evaluated; null where another process is at it. */
export interface EvaluationRound {
  readonly notifications: readonly Notification[];
  readonly problems: readonly RuleHealth[];
}

/** What all rules of one round share. */
interface Round extends Sight {
  readonly hostWatches: readonly HostWatch[];
}

/**
 * Evaluates every rule once. A rule that cannot be evaluated keeps its alerts as they are and does not hold up the
 * others. Rejects where the database cannot be used.
 */
export async function evaluateRules(evaluator: Evaluator): Promise<EvaluationRound | null> {
  return inTransaction(evaluator.database, async (transaction) => {
    // While rules are evaluated, this connection only waits.
    await transaction.query(`set local idle_in_transaction_session_timeout = '5min'`);
    const lock = await transaction.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [EVALUATION_LOCK]);
    return lock.rows[0]?.held === true ? evaluateUnlocked(evaluator) : null;
  });
}

/** As `evaluateRules`, whoever else is at it: transitions are still made and told once. */
export async function evaluateUnlocked(evaluator: Evaluator): Promise<EvaluationRound> {
  const { database, now } = evaluator;
  const at = now();
  const [clocks, rules, alerts] = await Promise.all([
    readSourceClocks(database, at),
    readRules(database),
    readActiveAlerts(database),
  ]);
  const round: Round = {
    ...evaluator,
    at,
    clocks: new Map(clocks.map((clock) => [clock.source, clock])),
    lagging: clocks.some(({ lagging }) => lagging),
    hostWatches: rules.flatMap(({ id, rule }) => (isHostWatch(rule) ? [{ ruleId: id, rule }] : [])),
  };
  await evaluator.windows.follow(questionsOf(rules.flatMap(({ rule }) => rule ?? [])), at, round.clocks);
  const active = Map.groupBy(alerts, ({ ruleId }) => ruleId);
  const notifications: Notification[] = [];
  const health: RuleHealth[] = [];
  for (const each of [...rules].sort((a, b) => turnOf(a) - turnOf(b))) {
    try {
      const result = await evaluateRule(round, each, active.get(each.id) ?? []);
      notifications.push(...result.notifications);
      health.push({ ruleId: each.id, problem: null, beyondLimit: result.beyond });
    } catch (error) {
      health.push({ ruleId: each.id, problem: problemOf(error), beyondLimit: 0 });
    }
    active.delete(each.id);
  }
  // Of rules that are no more.
  for (const [ruleId, alerts] of active)
    await applyChanges(
      database,
      ruleId,
      alerts.map((alert) => abandoned(alert)),
      at,
      () => [],
    );
  await writeHealth(database, health, at);
  if (Math.floor(at / 1_000) % 600 === 0) await expireAlerts(database, at - KEEP_MS);
  return { notifications, problems: health.filter(({ problem }) => problem !== null) };
}

/** What is told from windows first, as it waits for nothing; hosts before agents, as what is made of those depends on them. */
function turnOf({ rule }: ActiveRule): number {
  return rule?.kind === 'threshold' ? 0 : isHostWatch(rule) ? 1 : 2;
}

function problemOf(error: unknown): string {
  if (error instanceof TooManyRows || error instanceof RingFull)
    return 'the window holds too much to be read every few seconds: watch fewer keys or a shorter window';
  return error instanceof Error ? error.message.slice(0, 500) : 'could not be evaluated';
}

function abandoned(alert: ActiveAlert, reason: TransitionReason = 'rule_disabled'): AlertChange {
  const { key, shadow, inhibitedBy } = alert;
  return { key, before: alert, ...abandon(alert.tracks, reason), shadow, inhibitedBy };
}

async function evaluateRule(
  round: Round,
  { id, rule }: ActiveRule,
  active: readonly ActiveAlert[],
): Promise<{ notifications: readonly Notification[]; beyond: number }> {
  if (rule === undefined) throw new Error('the rule is of another version of Fleetbeat');
  const { at } = round;
  // An alert is told or not told all its life.
  const stays = rule.enabled && active.every(({ shadow }) => shadow === rule.shadow);
  const { changes, beyond } = stays
    ? await changesByRule(round, rule, active)
    : { changes: active.map((alert) => abandoned(alert)), beyond: 0 };
  if (changes.length === 0) return { notifications: [], beyond };
  const notifications = await applyChanges(round.database, id, changes, at, (applied) =>
    tell(
      rule,
      applied.flatMap((change) => {
        const { id: alertId, key, transition, before, details } = change;
        return transition === undefined || !isTold(change)
          ? []
          : [{ id: alertId, key, transition, firedAt: before?.firedAt ?? null, diagnosis: details?.diagnosis ?? null }];
      }),
      beyond,
      at,
    ),
  );
  return { notifications, beyond };
}

async function changesByRule(
  round: Round,
  rule: Rule,
  active: readonly ActiveAlert[],
): Promise<{ changes: readonly AlertChange[]; beyond: number }> {
  const observed = await observations(round, rule);
  const found = changesOf(rule, observed, active, round.at);
  const kept = await withoutArchived(round, rule, found.changes, active);
  const judged =
    rule.kind === 'liveness' && rule.watch.set === 'agent' ? await judgeChanges(round, kept, active, observed) : undefined;
  const changes = judged?.changes ?? kept;
  const firing = changes.flatMap((change) =>
    beginsToFire(change)
      ? [{ key: change.key, observation: observed.get(change.key), verdict: judged?.verdicts.get(change.key) }]
      : [],
  );
  if (firing.length === 0) return { changes, beyond: found.beyond };
  const details = await readDetails(round.database, rule, firing);
  return { changes: changes.map((change) => ({ ...change, details: details.get(change.key) })), beyond: found.beyond };
}

/** People hear of it now, or would. */
function beginsToFire({ transition }: AlertChange): boolean {
  return transition?.to === 'firing' && (transition.from !== 'firing' || transition.reason === 'inhibition_ended');
}

/** Changes without those of archived agents, whose alerts end. */
async function withoutArchived(
  { database }: Round,
  rule: Rule,
  changes: readonly AlertChange[],
  active: readonly ActiveAlert[],
): Promise<readonly AlertChange[]> {
  if (rule.watch.set !== 'agent') return changes;
  const archived = await readArchived(database, [...new Set([...changes, ...active].map(({ key }) => key))]);
  if (archived.size === 0) return changes;
  const ended = active.filter(({ key }) => archived.has(key)).map((alert) => abandoned(alert, 'no_data'));
  return [...changes.filter(({ key }) => !archived.has(key)), ...ended];
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

/** What becomes of each key: those that have an alert first, further ones while there is room for theirs. */
export function changesOf(
  rule: Rule,
  observed: Observations,
  active: readonly ActiveAlert[],
  now: number,
): { changes: AlertChange[]; beyond: number } {
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
