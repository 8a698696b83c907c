import { type Notification, type Rule, type ThresholdRule } from '@fleetbeat/contracts/alerts.ts';
import { gaugeKey, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { TooManyRows } from '@fleetbeat/infra/time-series/time-series.ts';
import {
  applyChanges,
  expireAlerts,
  readActiveAlerts,
  readRules,
  writeHealth,
  type ActiveAlert,
  type ActiveRule,
  type AlertChange,
  type RuleHealth,
} from './alert-store.ts';
import { abandon, evaluate, type Observation } from './evaluate.ts';
import { isGauge, needsSketches, observe } from './measure-value.ts';
import { tell } from './notification-text.ts';
import { readMembers } from './registry.ts';
import type { RollingWindows, WindowContents, WindowQuestion } from './rolling-windows.ts';
import { isSilent, readSourceClocks, type SourceClock } from './source-clocks.ts';

/** Alerts of one rule that are pending or firing, at most; further keys in breach are counted. */
export const MAX_ALERTS_PER_RULE = 100;
/** Any number that nobody else uses: one process evaluates at a time. */
const EVALUATION_LOCK = 2_914_460_871;
/** Resolved alerts and notifications are kept for 30 days. */
const KEEP_MS = 30 * 24 * 3_600_000;

export interface Evaluator {
  readonly database: Database;
  readonly windows: Pick<RollingWindows, 'read'>;
  /** Silent for longer is offline, in milliseconds, where a rule says nothing else. */
  readonly silentMs: Readonly<Record<'agent' | 'host', number>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a round has told, and the rules that could not be evaluated; null where another process is at it. */
export interface EvaluationRound {
  readonly notifications: readonly Notification[];
  readonly problems: readonly RuleHealth[];
}

/** What all rules of one round share. */
interface Round extends Evaluator {
  readonly at: number;
  readonly clocks: ReadonlyMap<number, SourceClock>;
  readonly lagging: boolean;
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
  const clocks = await readSourceClocks(database, at);
  const round: Round = {
    ...evaluator,
    at,
    clocks: new Map(clocks.map((clock) => [clock.source, clock])),
    lagging: clocks.some(({ lagging }) => lagging),
  };
  const rules = await readRules(database);
  const active = Map.groupBy(await readActiveAlerts(database), ({ ruleId }) => ruleId);
  const notifications: Notification[] = [];
  const health: RuleHealth[] = [];
  for (const each of rules) {
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
  for (const [ruleId, alerts] of active) await applyChanges(database, ruleId, alerts.map(abandoned), at, () => []);
  await writeHealth(database, health, at);
  if (Math.floor(at / 1_000) % 600 === 0) await expireAlerts(database, at - KEEP_MS);
  return { notifications, problems: health.filter(({ problem }) => problem !== null) };
}

function problemOf(error: unknown): string {
  if (error instanceof TooManyRows)
    return 'the window holds too much to be read every few seconds: watch fewer keys or a shorter window';
  return error instanceof Error ? error.message.slice(0, 500) : 'could not be evaluated';
}

function abandoned(alert: ActiveAlert): AlertChange {
  return { key: alert.key, before: alert, ...abandon(alert.tracks) };
}

async function evaluateRule(
  round: Round,
  { id, rule }: ActiveRule,
  active: readonly ActiveAlert[],
): Promise<{ notifications: readonly Notification[]; beyond: number }> {
  if (rule === undefined) throw new Error('the rule is of another version of Fleetbeat');
  const { at } = round;
  const { changes, beyond } = rule.enabled
    ? changesOf(rule, await observations(round, rule), active, at)
    : { changes: active.map(abandoned), beyond: 0 };
  if (changes.length === 0) return { notifications: [], beyond };
  const notifications = await applyChanges(round.database, id, changes, at, (applied) =>
    tell(
      rule,
      applied.flatMap(({ id: alertId, key, transition, before }) =>
        transition === undefined ? [] : [{ id: alertId, key, transition, firedAt: before?.firedAt ?? null }],
      ),
      beyond,
      at,
    ),
  );
  return { notifications, beyond };
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
    if (transition?.to !== 'resolved' && transition?.to !== 'inactive') room -= 1;
    if (transition !== undefined || JSON.stringify(tracks) !== JSON.stringify(alert.tracks)) {
      changes.push({ key: alert.key, before: alert, tracks, transition });
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
      changes.push({ key, before: undefined, tracks, transition });
    } else beyond += 1;
  }
  return { changes, beyond };
}

/** What a rule sees, by key. `otherwise`: of keys that have an alert and are not among them. */
export interface Observations {
  get(key: string): Observation | undefined;
  entries(): Iterable<[string, Observation]>;
  readonly otherwise: Observation;
}

const NO_DATA: Observation = { kind: 'no_data' };
const UNKNOWN: Observation = { kind: 'unknown' };

function seen(byKey: ReadonlyMap<string, Observation>, otherwise: Observation): Observations {
  return { get: (key) => byKey.get(key), entries: () => byKey.entries(), otherwise };
}

/** While the pipeline lags, nothing that is missing is believed. */
async function observations(round: Round, rule: Rule): Promise<Observations> {
  const missing = round.lagging ? UNKNOWN : NO_DATA;
  switch (rule.kind) {
    case 'liveness':
      return silences(round, rule);
    case 'absence': {
      const question = windowQuestion(rule.watch.set, rule.window, false);
      const contents = await round.windows.read(question);
      const keys = (await chosenKeys(round, rule)) ?? [WHOLE];
      const observationOf = (key: string): Observation => {
        return hasContents(question, contents, key) ? { kind: 'value', value: 1 } : missing;
      };
      // Whoever is no longer among the keys is not waited for: as good as heard from.
      return seen(new Map(keys.map((key) => [key, observationOf(key)])), round.lagging ? UNKNOWN : { kind: 'value', value: 1 });
    }
    case 'threshold':
      return rule.watch.set === 'pipeline' ? pipelineLag(round) : thresholds(round, rule, missing);
    default:
      return rule satisfies never;
  }
}

function pipelineLag({ clocks, at }: Round): Observations {
  const lags = [...clocks.values()].map(({ clock }) => Math.max(0, at - clock) / 1_000);
  const observation: Observation = lags.length === 0 ? NO_DATA : { kind: 'value', value: Math.max(...lags) };
  return seen(new Map([[WHOLE, observation]]), NO_DATA);
}

async function silences(round: Round, rule: Extract<Rule, { kind: 'liveness' }>): Promise<Observations> {
  const { set, keys, labels } = rule.watch;
  if (set !== 'agent' && set !== 'host') throw new Error('only agents and hosts can be offline');
  const silentMs = rule.silent_s === undefined ? round.silentMs[set] : rule.silent_s * 1_000;
  const byKey = new Map<string, Observation>();
  for (const { key, source, lastSeen } of await readMembers(round.database, { set, keys, labels })) {
    const clock = round.clocks.get(source);
    const silent = clock === undefined ? 'unknown' : isSilent(clock, lastSeen, silentMs);
    if (clock === undefined || silent === 'unknown') byKey.set(key, UNKNOWN);
    else byKey.set(key, { kind: 'value', value: silent ? (clock.clock - lastSeen) / 1_000 : 0 });
  }
  return seen(byKey, round.lagging ? UNKNOWN : NO_DATA);
}

async function thresholds(round: Round, rule: ThresholdRule, missing: Observation): Promise<Observations> {
  const question = windowQuestion(rule.watch.set, rule.window, needsSketches(rule.measure));
  const contents = await round.windows.read(question);
  // A part of the events is less than all of them.
  if (round.lagging && rule.comparison.startsWith('<')) return seen(new Map(), UNKNOWN);
  const chosen = await chosenKeys(round, rule);
  const prefix = isGauge(rule.measure) ? gaugeKey(rule.measure, '') : '';
  const keys = chosen ?? [...contents.keys()].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
  const byKey = new Map<string, Observation>();
  for (const key of keys) {
    const observation = observe(rule, contents.get(prefix + key));
    byKey.set(key, observation.kind === 'no_data' ? missing : observation);
  }
  return seen(byKey, missing);
}

/** The keys that a rule is about; undefined where it is about all there are. */
async function chosenKeys({ database }: Round, rule: Rule): Promise<readonly string[] | undefined> {
  const { set, keys, labels } = rule.watch;
  if (keys !== undefined) return keys;
  // Absence is noticed only of those that are expected.
  if ((set === 'agent' || set === 'host') && (labels !== undefined || rule.kind === 'absence')) {
    return (await readMembers(database, { set, labels })).map(({ key }) => key);
  }
  return undefined;
}

function windowQuestion(set: Rule['watch']['set'], window: ThresholdRule['window'], sketches: boolean): WindowQuestion {
  if (set === 'pipeline') throw new Error('the pipeline has no windows');
  return { set, window, sketches };
}

function hasContents({ set }: WindowQuestion, contents: WindowContents, key: string): boolean {
  return contents.has(set === 'host' ? gaugeKey('cpu_usage', key) : key);
}
