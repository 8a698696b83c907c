import type { AlertState, Notification, Severity, TransitionReason } from '@fleetbeat/contracts/alerts.ts';
import { ruleSchema, type Rule } from '@fleetbeat/contracts/rules.ts';
import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import type { Tracks, Transition } from '@fleetbeat/infra/rules/evaluate.ts';
import type { AlertDetails } from './alert-details.ts';
import { kindOf, type NewNotification } from './notification-text.ts';

/** Rules and the states of their alerts, in the database. */

/** Rules that are evaluated at most, the oldest first; the API makes no more. */
export const MAX_RULES = 1_000;

export interface ActiveRule {
  readonly id: string;
  /** Undefined where the stored definition is none that this version knows. */
  readonly rule: Rule | undefined;
}

export interface ActiveAlert {
  readonly id: number;
  readonly ruleId: string;
  readonly key: string;
  readonly state: 'pending' | 'firing';
  readonly seq: number;
  readonly tracks: Tracks;
  readonly firedAt: number | null;
  readonly severity: Severity;
  readonly shadow: boolean;
  /** The alert that this one follows from; nobody is told of it then. */
  readonly inhibitedBy: number | null;
}

export async function readRules(database: Database): Promise<ActiveRule[]> {
  const { rows } = await database.query<{ id: string; definition: unknown }>(
    `select id, definition from alert_rules where deleted_at is null order by created_at, id limit $1`,
    [MAX_RULES],
  );
  return rows.map(({ id, definition }) => ({ id, rule: ruleSchema.safeParse(definition).data }));
}

export async function readActiveAlerts(database: Database): Promise<ActiveAlert[]> {
  const { rows } = await database.query<ActiveAlert>(
    `select id, rule_id as "ruleId", key, state, seq, tracks, fired_at as "firedAt", severity, shadow, inhibited_by as "inhibitedBy"
     from alerts where state <> 'resolved'`,
  );
  return rows;
}

/** A change of one alert: `before` is undefined where the breach is a new one. */
export interface AlertChange {
  readonly key: string;
  readonly before: ActiveAlert | undefined;
  readonly tracks: Tracks;
  readonly transition: Transition | undefined;
  readonly shadow: boolean;
  /** As it is after the change. */
  readonly inhibitedBy: number | null;
  /** Where it begins to fire; undefined leaves what is there. */
  readonly details?: AlertDetails | undefined;
}

/** Whether people hear of a change. */
export function isTold({ transition, shadow, inhibitedBy }: AlertChange): boolean {
  return !shadow && inhibitedBy === null && transition !== undefined && kindOf(transition) !== undefined;
}

export interface AppliedChange extends AlertChange {
  readonly id: number;
}

/** What changes by one rule, and what people are told of that part of it which was written. */
export interface RuleChanges {
  readonly ruleId: string;
  readonly changes: readonly AlertChange[];
  readonly tell: (applied: readonly AppliedChange[]) => readonly NewNotification[];
}

/**
 * Writes changes of alerts, their transitions and what is told of them, all in one transaction. A change whose alert
 * somebody else has changed meanwhile is left out, and told by nobody else's doing twice.
 */
export async function applyChanges(database: Database, rules: readonly RuleChanges[], now: number): Promise<Notification[]> {
  const changes = rules.flatMap((rule) => rule.changes.map((change): OwnedChange => ({ ...change, ruleId: rule.ruleId })));
  if (changes.length === 0) return [];
  return inTransaction(database, async (transaction) => {
    const applied = [...(await insertAlerts(transaction, changes, now)), ...(await updateAlerts(transaction, changes, now))];
    const ended = applied.filter(({ transition }) => transition?.to === 'inactive');
    await insertTransitions(transaction, applied, now);
    // What never fired is not kept.
    if (ended.length > 0) await transaction.query('delete from alerts where id = any($1)', [ended.map(({ id }) => id)]);
    const byRule = Map.groupBy(applied, ({ ruleId }) => ruleId);
    const told = rules.flatMap(({ ruleId, tell }) => tell(byRule.get(ruleId) ?? []).map((each) => ({ ...each, ruleId })));
    return insertNotifications(transaction, told, now);
  });
}

interface OwnedChange extends AlertChange {
  readonly ruleId: string;
}

interface OwnedApplied extends OwnedChange {
  readonly id: number;
}

interface Columns {
  readonly state: AlertState;
  readonly severity: Severity;
  readonly reason: TransitionReason;
}

async function insertAlerts(transaction: Transaction, changes: readonly OwnedChange[], now: number): Promise<OwnedApplied[]> {
  const added = changes.flatMap((change) =>
    change.before === undefined && change.transition !== undefined ? [{ ...change, transition: change.transition }] : [],
  );
  if (added.length === 0) return [];
  const { rows } = await transaction.query<{ id: number; rule_id: string; key: string }>(
    `insert into alerts (rule_id, key, state, severity, tracks, value, reason, began_at, fired_at, shadow, inhibited_by, diagnosis, tasks_at_risk)
     select a.rule_id, a.key, a.state, a.severity, a.tracks, a.value, a.reason, $1::bigint, case when a.state = 'firing' then $1::bigint end,
       a.shadow, a.inhibited_by, a.diagnosis, coalesce(a.tasks_at_risk, '[]')
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::float8[], $8::text[], $9::bool[], $10::bigint[], $11::jsonb[], $12::jsonb[])
       as a (rule_id, key, state, severity, tracks, value, reason, shadow, inhibited_by, diagnosis, tasks_at_risk)
     on conflict (rule_id, key) where state <> 'resolved' do nothing returning id, rule_id, key`,
    [
      now,
      added.map(({ ruleId }) => ruleId),
      added.map(({ key }) => key),
      added.map(({ transition }) => transition.to),
      added.map(({ transition }) => transition.severity),
      added.map(({ tracks }) => JSON.stringify(tracks)),
      added.map(({ transition }) => transition.value),
      added.map(({ transition }) => transition.reason),
      added.map(({ shadow }) => shadow),
      ...detailColumns(added),
    ],
  );
  const ids = new Map(rows.map(({ id, rule_id: ruleId, key }) => [JSON.stringify([ruleId, key]), id]));
  return withIds(added, ({ ruleId, key }) => ids.get(JSON.stringify([ruleId, key])));
}

async function updateAlerts(transaction: Transaction, changes: readonly OwnedChange[], now: number): Promise<OwnedApplied[]> {
  const known = changes.flatMap((change) => (change.before === undefined ? [] : [{ ...change, before: change.before }]));
  if (known.length === 0) return [];
  const columns = known.map(({ transition }): Partial<Columns> & { value?: number | null } =>
    transition === undefined
      ? {}
      : {
          state: transition.to === 'inactive' ? 'pending' : transition.to,
          severity: transition.severity,
          reason: transition.reason,
          value: transition.value,
        },
  );
  const { rows } = await transaction.query<{ id: number }>(
    `update alerts a set seq = a.seq + 1, tracks = n.tracks, state = coalesce(n.state, a.state),
       severity = coalesce(n.severity, a.severity), reason = coalesce(n.reason, a.reason),
       value = case when n.reason is null then a.value else n.value end,
       fired_at = case when n.state = 'firing' then coalesce(a.fired_at, $1::bigint) else a.fired_at end,
       resolved_at = case when n.state = 'resolved' then $1::bigint end,
       inhibited_by = n.inhibited_by, diagnosis = coalesce(n.diagnosis, a.diagnosis), tasks_at_risk = coalesce(n.tasks_at_risk, a.tasks_at_risk)
     from unnest($2::bigint[], $3::int[], $4::jsonb[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::bigint[], $10::jsonb[], $11::jsonb[])
       as n (id, seq, tracks, state, severity, reason, value, inhibited_by, diagnosis, tasks_at_risk)
     where a.id = n.id and a.seq = n.seq and a.state <> 'resolved'
     returning a.id`,
    [
      now,
      known.map(({ before }) => before.id),
      known.map(({ before }) => before.seq),
      known.map(({ tracks }) => JSON.stringify(tracks)),
      columns.map(({ state }) => state ?? null),
      columns.map(({ severity }) => severity ?? null),
      columns.map(({ reason }) => reason ?? null),
      columns.map(({ value }) => value ?? null),
      ...detailColumns(known),
    ],
  );
  const changed = new Set(rows.map(({ id }) => id));
  return withIds(known, ({ before }) => (changed.has(before.id) ? before.id : undefined));
}

/** `inhibited_by`, `diagnosis` and `tasks_at_risk` of changes; null where nothing is written. */
function detailColumns(changes: readonly AlertChange[]): unknown[][] {
  return [
    changes.map(({ inhibitedBy }) => inhibitedBy),
    changes.map(({ details }) =>
      details === undefined || details.diagnosis === null ? null : JSON.stringify(details.diagnosis),
    ),
    changes.map(({ details }) => (details === undefined ? null : JSON.stringify(details.tasksAtRisk))),
  ];
}

function withIds<T extends OwnedChange>(changes: readonly T[], idOf: (change: T) => number | undefined): OwnedApplied[] {
  return changes.flatMap((change) => {
    const id = idOf(change);
    return id === undefined ? [] : [{ ...change, id }];
  });
}

/** Writes transitions; what is to be told outside is left for whoever groups and routes it, under the transition's own number. */
async function insertTransitions(transaction: Transaction, applied: readonly AppliedChange[], now: number): Promise<void> {
  const rows = applied.flatMap((change) =>
    change.transition === undefined ? [] : [{ ...change, transition: change.transition }],
  );
  if (rows.length === 0) return;
  await transaction.query(
    `with t as (
       select * from unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::bool[])
         as t (alert_id, seq, from_state, to_state, severity, reason, value, told)
     ), outbox as (insert into alert_outbox (alert_id, seq, at) select alert_id, seq, $1 from t where told)
     insert into alert_transitions (alert_id, seq, at, from_state, to_state, severity, reason, value)
     select alert_id, seq, $1, from_state, to_state, severity, reason, value from t`,
    [
      now,
      rows.map(({ id }) => id),
      rows.map(({ before }) => (before === undefined ? 1 : before.seq + 1)),
      rows.map(({ transition }) => transition.from),
      rows.map(({ transition }) => transition.to),
      rows.map(({ transition }) => transition.severity),
      rows.map(({ transition }) => transition.reason),
      rows.map(({ transition }) => transition.value),
      rows.map(isTold),
    ],
  );
}

async function insertNotifications(
  transaction: Transaction,
  told: readonly (NewNotification & { readonly ruleId: string })[],
  now: number,
): Promise<Notification[]> {
  if (told.length === 0) return [];
  const rows = told.map(({ severity, kind, title, body, ruleId, alertIds }) => {
    return { severity, kind, title, body, rule_id: ruleId, alert_ids: alertIds };
  });
  const { rows: inserted } = await transaction.query<{ id: number }>(
    `insert into notifications (at, severity, kind, title, body, rule_id, alert_ids)
     select $1, severity, kind, title, body, rule_id, alert_ids
     from jsonb_to_recordset($2) as n (severity text, kind text, title text, body text, rule_id text, alert_ids bigint[])
     returning id`,
    [now, JSON.stringify(rows)],
  );
  // They are numbered in the order in which they are given.
  const ids = inserted.map(({ id }) => id).sort((a, b) => a - b);
  return told.flatMap(({ severity, kind, title, body, ruleId, alertIds }, i) => {
    const id = ids[i];
    if (id === undefined) return [];
    return [
      {
        id,
        at: now,
        severity,
        kind,
        title,
        body,
        rule_id: ruleId,
        alert_ids: [...alertIds],
        subject: null,
        read_at: null,
        recipient: null,
      },
    ];
  });
}

export interface RuleHealth {
  readonly ruleId: string;
  readonly problem: string | null;
  readonly beyondLimit: number;
}

/** Says how rules fared: written where it differs from what is there, and once a minute. */
export async function writeHealth(database: Database, health: readonly RuleHealth[], now: number): Promise<void> {
  await database.query(
    `insert into alert_rule_health as h (rule_id, evaluated_at, problem, beyond_limit)
     select n.id, $1, n.problem, n.beyond from unnest($2::text[], $3::text[], $4::int[]) as n (id, problem, beyond)
     on conflict (rule_id) do update set evaluated_at = excluded.evaluated_at, problem = excluded.problem, beyond_limit = excluded.beyond_limit
     where h.evaluated_at < excluded.evaluated_at - 60000
       or (h.problem, h.beyond_limit) is distinct from (excluded.problem, excluded.beyond_limit)`,
    [now, health.map(({ ruleId }) => ruleId), health.map(({ problem }) => problem), health.map(({ beyondLimit }) => beyondLimit)],
  );
}
