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

/**
 * Writes changes of one rule's alerts, their transitions and what `tell` makes of them, in one transaction. A change whose
 * alert somebody else has changed meanwhile is left out, and told by nobody else's doing twice.
 */
export async function applyChanges(
  database: Database,
  ruleId: string,
  changes: readonly AlertChange[],
  now: number,
  tell: (applied: readonly AppliedChange[]) => readonly NewNotification[],
): Promise<Notification[]> {
  return inTransaction(database, async (transaction) => {
    const applied = [
      ...(await insertAlerts(transaction, ruleId, changes, now)),
      ...(await updateAlerts(transaction, changes, now)),
    ];
    const ended = applied.filter(({ transition }) => transition?.to === 'inactive');
    await insertTransitions(transaction, applied, now);
    await insertOutbox(transaction, applied, now);
    // What never fired is not kept.
    if (ended.length > 0) await transaction.query('delete from alerts where id = any($1)', [ended.map(({ id }) => id)]);
    return insertNotifications(transaction, ruleId, tell(applied), now);
  });
}

interface Columns {
  readonly state: AlertState;
  readonly severity: Severity;
  readonly reason: TransitionReason;
}

async function insertAlerts(
  transaction: Transaction,
  ruleId: string,
  changes: readonly AlertChange[],
  now: number,
): Promise<AppliedChange[]> {
  const added = changes.flatMap((change) =>
    change.before === undefined && change.transition !== undefined ? [{ ...change, transition: change.transition }] : [],
  );
  if (added.length === 0) return [];
  const { rows } = await transaction.query<{ id: number; key: string }>(
    `insert into alerts (rule_id, key, state, severity, tracks, value, reason, began_at, fired_at, shadow, inhibited_by, diagnosis, tasks_at_risk)
     select $1, a.key, a.state, a.severity, a.tracks, a.value, a.reason, $2::bigint, case when a.state = 'firing' then $2::bigint end,
       a.shadow, a.inhibited_by, a.diagnosis, coalesce(a.tasks_at_risk, '[]')
     from unnest($3::text[], $4::text[], $5::text[], $6::jsonb[], $7::float8[], $8::text[], $9::bool[], $10::bigint[], $11::jsonb[], $12::jsonb[])
       as a (key, state, severity, tracks, value, reason, shadow, inhibited_by, diagnosis, tasks_at_risk)
     on conflict (rule_id, key) where state <> 'resolved' do nothing returning id, key`,
    [
      ruleId,
      now,
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
  const ids = new Map(rows.map(({ id, key }) => [key, id]));
  return withIds(added, ({ key }) => ids.get(key));
}

async function updateAlerts(transaction: Transaction, changes: readonly AlertChange[], now: number): Promise<AppliedChange[]> {
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

function withIds<T extends AlertChange>(changes: readonly T[], idOf: (change: T) => number | undefined): AppliedChange[] {
  return changes.flatMap((change) => {
    const id = idOf(change);
    return id === undefined ? [] : [{ ...change, id }];
  });
}

async function insertTransitions(transaction: Transaction, applied: readonly AppliedChange[], now: number): Promise<void> {
  const rows = applied.flatMap((change) =>
    change.transition === undefined ? [] : [{ ...change, transition: change.transition }],
  );
  if (rows.length === 0) return;
  await transaction.query(
    `insert into alert_transitions (alert_id, seq, at, from_state, to_state, severity, reason, value)
     select t.alert_id, t.seq, $1, t.from_state, t.to_state, t.severity, t.reason, t.value
     from unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[])
       as t (alert_id, seq, from_state, to_state, severity, reason, value)`,
    [
      now,
      rows.map(({ id }) => id),
      rows.map(seqOf),
      rows.map(({ transition }) => transition.from),
      rows.map(({ transition }) => transition.to),
      rows.map(({ transition }) => transition.severity),
      rows.map(({ transition }) => transition.reason),
      rows.map(({ transition }) => transition.value),
    ],
  );
}

/** What is to be told outside is left for whoever groups and routes it, under the transition's own number. */
async function insertOutbox(transaction: Transaction, applied: readonly AppliedChange[], now: number): Promise<void> {
  const told = applied.filter(isTold);
  if (told.length === 0) return;
  await transaction.query(
    'insert into alert_outbox (alert_id, seq, at) select id, seq, $1 from unnest($2::bigint[], $3::int[]) as t (id, seq)',
    [now, told.map(({ id }) => id), told.map(seqOf)],
  );
}

function seqOf({ before }: AppliedChange): number {
  return before === undefined ? 1 : before.seq + 1;
}

async function insertNotifications(
  transaction: Transaction,
  ruleId: string,
  told: readonly NewNotification[],
  now: number,
): Promise<Notification[]> {
  const notifications: Notification[] = [];
  for (const { severity, kind, title, body, alertIds } of told) {
    const { rows } = await transaction.query<{ id: number }>(
      `insert into notifications (at, severity, kind, title, body, rule_id, alert_ids) values ($1, $2, $3, $4, $5, $6, $7)
       returning id`,
      [now, severity, kind, title, body, ruleId, alertIds],
    );
    for (const { id } of rows) {
      const alert_ids = [...alertIds];
      notifications.push({
        id,
        at: now,
        severity,
        kind,
        title,
        body,
        rule_id: ruleId,
        alert_ids,
        subject: null,
        read_at: null,
        read_by: null,
        recipient: null,
      });
    }
  }
  return notifications;
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

/** Drops alerts that were resolved and notifications that were made before `before` (epoch ms), some at a time. */
export async function expireAlerts(database: Database, before: number): Promise<void> {
  await database.query(
    `delete from alerts where id in (select id from alerts where state = 'resolved' and resolved_at < $1 limit 5000)`,
    [before],
  );
  await database.query('delete from notifications where id in (select id from notifications where at < $1 limit 5000)', [before]);
}
