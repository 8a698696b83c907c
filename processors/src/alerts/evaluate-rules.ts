import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { TooManyRows } from '@fleetbeat/infra/time-series/time-series.ts';
import {
  applyChanges,
  isTold,
  readActiveAlerts,
  readRules,
  writeHealth,
  type ActiveAlert,
  type ActiveRule,
  type AppliedChange,
  type RuleChanges,
  type RuleHealth,
} from './alert-store.ts';
import { isHostWatch } from './joint-liveness.ts';
import { tell } from './notification-text.ts';
import { observations, questionsOf, type Observations, type Sight } from './observations.ts';
import { readArchived } from './registry.ts';
import type { RollingWindows } from './rolling-windows.ts';
import { abandoned, changesOf, withDetails, withoutArchived, type FoundChanges, type Round } from './rule-changes.ts';
import { noteSourceClocks, readSourceClocks } from './source-clocks.ts';
import { RingFull } from './window-ring.ts';

export interface Evaluator extends Pick<Sight, 'database' | 'history' | 'silentMs' | 'since'> {
  readonly windows: Pick<RollingWindows, 'follow' | 'read'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a round has told, and the rules that could not be evaluated. */
export interface EvaluationRound {
  readonly notifications: readonly Notification[];
  readonly problems: readonly RuleHealth[];
}

/**
 * Evaluates every rule once. A rule that cannot be evaluated keeps its alerts as they are and does not hold up the others.
 * Whoever else is at it: transitions are made and told once. Rejects where the database cannot be used.
 */
export async function evaluateRules(evaluator: Evaluator): Promise<EvaluationRound> {
  const { database, now } = evaluator;
  const at = now();
  const [clocks, rules, alerts] = await Promise.all([
    readSourceClocks(database, at),
    readRules(database),
    readActiveAlerts(database),
  ]);
  const noted = noteSourceClocks(database, clocks);
  // It is waited for at the end; until then nobody would hear of its failure.
  noted.catch(() => undefined);
  const round: Round = {
    ...evaluator,
    at,
    clocks: new Map(clocks.map((clock) => [clock.source, clock])),
    lagging: clocks.some(({ lagging }) => lagging),
    hostWatches: rules.flatMap(({ id, rule }) => (isHostWatch(rule) ? [{ ruleId: id, rule }] : [])),
  };
  await evaluator.windows.follow(questionsOf(rules.flatMap(({ rule }) => rule ?? [])), at, round.clocks);
  const active = Map.groupBy(alerts, ({ ruleId }) => ruleId);
  const known = new Set(rules.map(({ id }) => id));
  const notifications: Notification[] = [];
  const health: RuleHealth[] = [];
  for (const [, turn] of [...Map.groupBy(rules, turnOf)].sort(([a], [b]) => a - b)) {
    const result = await evaluateTogether(round, turn, active);
    notifications.push(...result.notifications);
    health.push(...result.health);
  }
  const ofNoRule = [...active].filter(([ruleId]) => !known.has(ruleId));
  await applyChanges(
    database,
    ofNoRule.map(([ruleId, theirs]) => ({ ruleId, changes: theirs.map((alert) => abandoned(alert)), tell: () => [] })),
    at,
  );
  await noted;
  await writeHealth(database, health, at);
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

interface Evaluated extends FoundChanges {
  readonly id: string;
  readonly rule: Rule;
  readonly active: readonly ActiveAlert[];
  /** Undefined where its alerts end whatever there is to see. */
  readonly observed: Observations | undefined;
}

/** Evaluates rules and writes what changes by all of them in one transaction: very many may change in the same second. */
async function evaluateTogether(
  round: Round,
  rules: readonly ActiveRule[],
  active: ReadonlyMap<string, readonly ActiveAlert[]>,
): Promise<{ notifications: readonly Notification[]; health: readonly RuleHealth[] }> {
  const health = new Map<string, RuleHealth>();
  const failed = (ruleId: string, error: unknown): void => {
    health.set(ruleId, { ruleId, problem: problemOf(error), beyondLimit: 0 });
  };
  const found: Evaluated[] = [];
  for (const each of rules) {
    try {
      found.push(await evaluateRule(round, each, active.get(each.id) ?? []));
    } catch (error) {
      failed(each.id, error);
    }
  }
  const archived = {
    agent: await readArchived(round.database, 'agent', keysOf(found, 'agent')),
    host: await readArchived(round.database, 'host', keysOf(found, 'host')),
  };
  const written: RuleChanges[] = [];
  for (const { id, rule, active: theirs, observed, changes: seen, beyond } of found) {
    try {
      const set = archivedSetOf({ rule, observed });
      const kept = set === undefined ? seen : withoutArchived(seen, theirs, archived[set]);
      const changes = observed === undefined ? kept : await withDetails(round, rule, kept, theirs, observed);
      if (changes.length > 0) {
        written.push({ ruleId: id, changes, tell: (applied) => tell(rule, toldOf(applied), beyond, round.at) });
      }
      health.set(id, { ruleId: id, problem: null, beyondLimit: beyond });
    } catch (error) {
      failed(id, error);
    }
  }
  return { notifications: await writeChanges(round, written, failed), health: [...health.values()] };
}

/** Together, or, where that fails, each rule's by themselves, so that the one at fault holds up no other. */
async function writeChanges(
  { database, at }: Pick<Round, 'database' | 'at'>,
  changes: readonly RuleChanges[],
  failed: (ruleId: string, error: unknown) => void,
): Promise<readonly Notification[]> {
  try {
    return await applyChanges(database, changes, at);
  } catch (error) {
    const [first] = changes;
    if (first === undefined) throw error;
    if (changes.length === 1) {
      failed(first.ruleId, error);
      return [];
    }
    const notifications: Notification[] = [];
    for (const each of changes) notifications.push(...(await writeChanges({ database, at }, [each], failed)));
    return notifications;
  }
}

/** What a rule sees, and what becomes of its alerts by that. */
async function evaluateRule(round: Round, { id, rule }: ActiveRule, active: readonly ActiveAlert[]): Promise<Evaluated> {
  if (rule === undefined) throw new Error('the rule is of another version of Fleetbeat');
  // An alert is told or not told all its life.
  const stays = rule.enabled && active.every(({ shadow }) => shadow === rule.shadow);
  if (!stays) {
    return { id, rule, active, observed: undefined, changes: active.map((alert) => abandoned(alert)), beyond: 0 };
  }
  const observed = await observations(
    round,
    rule,
    active.map(({ key }) => key),
  );
  return { id, rule, active, observed, ...changesOf(rule, observed, active, round.at) };
}

/** Whether a rule is about what can be archived; undefined where it is not, or its alerts end anyway. */
function archivedSetOf({ rule, observed }: Pick<Evaluated, 'rule' | 'observed'>): 'agent' | 'host' | undefined {
  const { set } = rule.watch;
  return (set === 'agent' || set === 'host') && observed !== undefined ? set : undefined;
}

/** All agents, or hosts, that anything is to be said of. */
function keysOf(found: readonly Evaluated[], set: 'agent' | 'host'): string[] {
  const ofSet = found.filter((each) => archivedSetOf(each) === set);
  const keys = ofSet.flatMap(({ changes, active }) => [...changes, ...active].map(({ key }) => key));
  return [...new Set(keys)];
}

function toldOf(applied: readonly AppliedChange[]): Parameters<typeof tell>[1] {
  return applied.flatMap((change) => {
    const { id, key, transition, before, details } = change;
    return transition === undefined || !isTold(change)
      ? []
      : [{ id, key, transition, firedAt: before?.firedAt ?? null, diagnosis: details?.diagnosis ?? null }];
  });
}
