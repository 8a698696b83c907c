import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import {
  addToTimeline,
  dropTimers,
  forgetTold,
  setTimer,
  type NewTimelineEntry,
} from '@fleetbeat/infra/incidents/incident-rows.ts';
import { isWorse, worstOf } from '@fleetbeat/infra/routing/decide-notice.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import type { RouteNode } from '@fleetbeat/infra/routing/route-tree.ts';
import { endSnooze } from './end-snooze.ts';
import { lockIncident, readKeptAlerts, type KeptAlert, type LockedIncident } from '@fleetbeat/infra/incidents/incident-store.ts';
import { incidentTitle } from '@fleetbeat/infra/incidents/notice-text.ts';

/** An alert on its way into an incident, as it is now. */
export interface JoiningAlert {
  readonly id: number;
  readonly key: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly ruleName: string;
  readonly labels: Record<string, string>;
  readonly routes: readonly string[];
  readonly firedAt: number;
  readonly resolvedAt: number | null;
  /** The incident that it is in already. */
  readonly incidentId: number | null;
  readonly maker: RouteNode;
  readonly groupLabels: Record<string, string>;
  readonly groupKey: string;
}

/** Tasks of one agent that are noted with an incident. */
const TASKS_PER_AGENT = 100;

/**
 * Brings alerts of one group into their incident: the one that is open, one that was over a short while ago, or a new one.
 * Answers its id; undefined where all that is left of the alerts is their end, of which nobody has heard.
 */
export async function joinIncident(
  transaction: Transaction,
  key: string | number,
  alerts: readonly JoiningAlert[],
  definitions: Definitions,
  now: number,
): Promise<number | undefined> {
  const found = await lockIncident(transaction, typeof key === 'number' ? { id: key } : { groupKey: key });
  const [first] = alerts;
  const fired = alerts.find(({ state }) => state === 'firing');
  if (first === undefined) return undefined;
  let incident = found;
  if (typeof key === 'string') {
    if (fired === undefined) return undefined;
    const reopenMs = fired.maker.settings.reopen_s * 1_000;
    if (found === undefined || (found.resolvedAt !== null && now - found.resolvedAt > reopenMs)) {
      incident = await openIncident(transaction, fired, now);
    }
  }
  if (incident === undefined) return undefined;

  const before = new Map((await readKeptAlerts(transaction, incident.id)).map((alert) => [alert.id, alert]));
  const entries = alerts.flatMap((alert) => entryOf(alert, before.get(alert.id)));
  await writeAlerts(transaction, incident.id, alerts);
  await noteTasks(transaction, incident.id, alerts, now);
  await addToTimeline(transaction, incident.id, now, entries);
  const after = await readKeptAlerts(transaction, incident.id);
  const isNews = alerts.some((alert) => isNewsAbout(alert, before.get(alert.id)));
  await settle(transaction, incident, after, isNews, now);
  await scheduleFlushes(transaction, incident, alerts, after, definitions, now);
  return incident.id;
}

async function openIncident(transaction: Transaction, alert: JoiningAlert, now: number): Promise<LockedIncident> {
  const { rows } = await transaction.query<{ id: number }>(
    `insert into incidents (group_key, route_id, group_labels, status, severity, title, opened_at, updated_at)
     values ($1, $2, $3, 'open', $4, $5, $6, $6) returning id`,
    [alert.groupKey, alert.maker.id, alert.groupLabels, alert.severity, incidentTitle([alert]), now],
  );
  const id = rows[0]?.id ?? 0;
  await addToTimeline(transaction, id, now, [{ kind: 'opened', text: `by the route ${alert.maker.route.name}` }]);
  const incident = await lockIncident(transaction, { id });
  if (incident === undefined) throw new Error('an incident that was just made is gone');
  return incident;
}

function entryOf(alert: JoiningAlert, before: KeptAlert | undefined): NewTimelineEntry[] {
  const about = `${alert.ruleName}, ${alert.key}`;
  const alertIds = [alert.id];
  if (alert.state === 'resolved') {
    return before?.state === 'firing' ? [{ kind: 'alert_resolved', text: about, alertIds }] : [];
  }
  if (before === undefined) return [{ kind: 'alert_fired', text: `${about}: ${alert.severity}`, alertIds }];
  if (before.severity === alert.severity) return [];
  return [{ kind: 'alert_changed', text: `${about}: from ${before.severity} to ${alert.severity}`, alertIds }];
}

/** Whether it is more than was known: a new alert, or one that got worse. */
function isNewsAbout(alert: JoiningAlert, before: KeptAlert | undefined): boolean {
  if (alert.state === 'resolved') return false;
  return before === undefined || isWorse(alert.severity, before.severity);
}

async function writeAlerts(transaction: Transaction, incidentId: number, alerts: readonly JoiningAlert[]): Promise<void> {
  // Whoever was told of an alert goes on hearing of it: routes only come to it.
  await transaction.query(
    `insert into incident_alerts as ia (alert_id, incident_id, state, severity, labels, routes, fired_at, resolved_at)
     select n.id, $1, n.state, n.severity, n.labels, array(select jsonb_array_elements_text(n.routes)), n.fired_at, n.resolved_at
     from jsonb_to_recordset($2::jsonb) as n
       (id bigint, state text, severity text, labels jsonb, routes jsonb, fired_at bigint, resolved_at bigint)
     on conflict (alert_id) do update set incident_id = excluded.incident_id, state = excluded.state, severity = excluded.severity, labels = excluded.labels,
       resolved_at = excluded.resolved_at,
       routes = array(select distinct route from unnest(ia.routes || excluded.routes) as route order by route)`,
    [
      incidentId,
      JSON.stringify(
        alerts.map(({ id, state, severity, labels, routes, firedAt, resolvedAt }) => {
          return { id, state, severity, labels, routes, fired_at: firedAt, resolved_at: resolvedAt };
        }),
      ),
    ],
  );
}

/** Notes what the agents were at. */
async function noteTasks(
  transaction: Transaction,
  incidentId: number,
  alerts: readonly JoiningAlert[],
  now: number,
): Promise<void> {
  const agents = alerts.flatMap(({ state, labels }) =>
    state === 'firing' && labels['agent'] !== undefined ? [labels['agent']] : [],
  );
  if (agents.length === 0) return;
  await transaction.query(
    `insert into incident_tasks (incident_id, task_id)
     select $1, t.task_id from unnest($2::text[]) as agent
     cross join lateral (
       select task_id from tasks where agent_id = agent and status = 'in_progress' and deleted_at is null and created_at <= $4
       order by created_at, task_id limit $3
     ) t
     on conflict do nothing`,
    [incidentId, [...new Set(agents)], TASKS_PER_AGENT, now],
  );
}

/** Brings status, severity and title in line with the alerts. */
async function settle(
  transaction: Transaction,
  incident: LockedIncident,
  alerts: readonly KeptAlert[],
  isNews: boolean,
  now: number,
): Promise<void> {
  const firing = alerts.filter(({ state }) => state === 'firing');
  const told = firing.length > 0 ? firing : alerts;
  const severity = worstOf(told.map((alert) => alert.severity));
  await transaction.query(
    'update incidents set severity = $2, title = $3, updated_at = $4, revision = revision + 1 where id = $1',
    [incident.id, severity, incidentTitle(told), now],
  );
  if (incident.status === 'resolved') {
    if (!isNews) return;
    await transaction.query(
      `update incidents set status = 'open', resolved_at = null, resolved_by = null, acknowledged_at = null,
         acknowledged_by = null, reopened = reopened + 1 where id = $1`,
      [incident.id],
    );
    // Whoever had been told, or took care of it, is told and called as if it were new.
    await forgetTold(transaction, incident.id);
    await addToTimeline(transaction, incident.id, now, [{ kind: 'reopened', text: 'an alert of its group fires' }]);
    return;
  }
  if (firing.length === 0) {
    await transaction.query(
      `update incidents set status = 'resolved', resolved_at = $2, resolved_by = null, snoozed_until = null where id = $1`,
      [incident.id, now],
    );
    await dropTimers(transaction, incident.id, { kind: 'escalate' });
    await dropTimers(transaction, incident.id, { kind: 'unsnooze' });
    await addToTimeline(transaction, incident.id, now, [{ kind: 'resolved', text: 'all its alerts are resolved' }]);
    return;
  }
  if (incident.snoozedUntil !== null && isWorse(severity, incident.severity)) {
    await endSnooze(transaction, incident.id, `it got worse: ${severity}`, now);
  }
}

/** What is new is told after the group's wait, what is worse than all before at once. A flush that is due stays as it is. */
async function scheduleFlushes(
  transaction: Transaction,
  incident: LockedIncident,
  joined: readonly JoiningAlert[],
  alerts: readonly KeptAlert[],
  definitions: Definitions,
  now: number,
): Promise<void> {
  const joining = new Set(joined.map(({ id }) => id));
  const concerned = alerts.filter(({ id }) => joining.has(id));
  const isUrgent = concerned.some(({ state, severity }) => state === 'firing' && isWorse(severity, incident.severity));
  for (const routeId of new Set(concerned.flatMap(({ routes }) => routes))) {
    const wait = definitions.routes.get(routeId)?.settings.group_wait_s ?? 0;
    await setTimer(transaction, incident.id, { routeId, kind: 'flush' }, now + wait * 1_000, true);
    if (!isUrgent) continue;
    await transaction.query(
      `update incident_timers t set due_at = least(due_at, $3) where incident_id = $1 and route_id = $2 and kind = 'flush'
         and exists (select from incident_threads h where h.incident_id = $1 and h.route_id = $2 and h.told <> '{}')`,
      [incident.id, routeId, now],
    );
  }
}
