import { fillAnnotations } from '@fleetbeat/contracts/alert-values.ts';
import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { Incident, IncidentDetail, TimelineKind } from '@fleetbeat/contracts/incidents.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import type { Database, Transaction } from '../database/database.ts';

/** Incidents as whoever changes them reads and writes them: the jobs service and the API. */

/** Selects incidents as the API answers them; conditions are about `i`. */
export const INCIDENTS = `
  select i.id, i.revision, i.status, i.severity, i.title, i.route_id, i.group_labels, i.opened_at, i.updated_at,
    i.acknowledged_at, i.acknowledged_by, i.assigned_to, i.snoozed_until, i.resolved_at, i.resolved_by, i.reopened,
    a.alerts_firing, a.alerts_total, a.agents, a.hosts, t.tasks, a.held_back
  from incidents i
  cross join lateral (
    select count(*) filter (where state = 'firing') as alerts_firing, count(*) as alerts_total,
      coalesce((array_agg(distinct labels ->> 'agent') filter (where labels ? 'agent'))[1:100], '{}') as agents,
      coalesce((array_agg(distinct labels ->> 'host') filter (where labels ? 'host'))[1:100], '{}') as hosts,
      case when bool_and(held_back is not null) filter (where state = 'firing')
        then min(held_back) filter (where state = 'firing') end as held_back
    from incident_alerts where incident_id = i.id
  ) a
  cross join lateral (
    select coalesce(array_agg(task_id), '{}') as tasks
    from (select task_id from incident_tasks where incident_id = i.id order by task_id limit 100) listed
  ) t`;

export async function readIncidents(database: Database | Transaction, ids: readonly number[]): Promise<Incident[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.query<Incident>(`${INCIDENTS} where i.id = any($1) order by i.id`, [ids]);
  return rows;
}

/** Alerts that one answer or notice tells one by one. */
export const LISTED_ALERTS = 100;

interface AlertRow {
  id: number;
  rule_id: string;
  key: string;
  state: 'firing' | 'resolved';
  severity: Severity;
  value: number | null;
  labels: Record<string, string>;
  routes: string[];
  fired_at: number;
  resolved_at: number | null;
  held_back: string | null;
  definition: Rule;
}

/** The alerts of an incident, those that fire and the worst of them first. */
export async function readIncidentAlerts(
  database: Database | Transaction,
  incidentId: number,
  limit: number = LISTED_ALERTS,
): Promise<(IncidentDetail['alerts'][number] & { routes: readonly string[]; rule: Rule })[]> {
  const { rows } = await database.query<AlertRow>(
    `select ia.alert_id as id, a.rule_id, a.key, ia.state, ia.severity, a.value, ia.labels, ia.routes, ia.fired_at, ia.resolved_at,
       ia.held_back, r.definition
     from incident_alerts ia join alerts a on a.id = ia.alert_id join alert_rules r on r.id = a.rule_id
     where ia.incident_id = $1
     order by ia.state = 'resolved', array_position(array['error', 'warning', 'info'], ia.severity), ia.alert_id limit $2`,
    [incidentId, limit],
  );
  return rows.map(({ definition: rule, ...row }) => ({
    ...row,
    rule,
    rule_name: rule.name,
    set: rule.watch.set,
    annotations: fillAnnotations(rule, row),
    runbook_url: rule.runbook_url,
  }));
}

export interface NewTimelineEntry {
  readonly kind: TimelineKind;
  readonly text: string;
  readonly actor?: string | undefined;
  readonly alertIds?: readonly number[] | undefined;
  readonly deliveryIds?: readonly number[] | undefined;
}

/** Adds to an incident's timeline, in the transaction that does what it tells of. */
export async function addToTimeline(
  transaction: Transaction,
  incidentId: number,
  at: number,
  entries: readonly NewTimelineEntry[],
): Promise<void> {
  for (const { kind, text, actor, alertIds, deliveryIds } of entries) {
    await transaction.query({
      name: 'add-to-timeline',
      text: `insert into incident_timeline (incident_id, at, kind, actor, text, alert_ids, delivery_ids)
             values ($1, $2, $3, $4, $5, $6, $7)`,
      values: [incidentId, at, kind, actor ?? null, text, alertIds ?? [], deliveryIds ?? []],
    });
  }
}

/** What waits for a time. `routeId` is empty for what is about the whole incident. */
export interface IncidentTimer {
  readonly routeId: string;
  readonly kind: 'flush' | 'escalate' | 'unsnooze';
}

/** Sets a timer, or sets it anew. `ifNone`: one that is set already stays. */
export async function setTimer(
  transaction: Transaction,
  incidentId: number,
  { routeId, kind }: IncidentTimer,
  dueAt: number,
  ifNone = false,
): Promise<void> {
  await transaction.query(
    `insert into incident_timers as t (incident_id, route_id, kind, due_at) values ($1, $2, $3, $4)
     on conflict (incident_id, route_id, kind) do update
     set due_at = case when $5 then t.due_at else excluded.due_at end`,
    [incidentId, routeId, kind, dueAt, ifNone],
  );
}

export async function dropTimers(
  transaction: Transaction,
  incidentId: number,
  { routeId, kind }: Partial<IncidentTimer>,
): Promise<void> {
  await transaction.query(
    `delete from incident_timers where incident_id = $1 and ($2::text is null or route_id = $2) and ($3::text is null or kind = $3)`,
    [incidentId, routeId ?? null, kind ?? null],
  );
}

/** What was told of an incident counts no more: the next notice is the first, and escalations begin anew. */
export async function forgetTold(transaction: Transaction, incidentId: number): Promise<void> {
  await transaction.query(
    `update incident_threads set told = '{}', told_at = null, escalation_step = null where incident_id = $1`,
    [incidentId],
  );
}
