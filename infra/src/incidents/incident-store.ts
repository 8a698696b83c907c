import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { IncidentStatus } from '@fleetbeat/contracts/incidents.ts';
import type { Transaction } from '../database/database.ts';
import type { Told } from '../routing/decide-notice.ts';

/** Rows of incidents that are locked by whoever works on them. */

export interface LockedIncident {
  readonly id: number;
  readonly groupKey: string;
  readonly groupLabels: Record<string, string>;
  readonly status: IncidentStatus;
  readonly severity: Severity;
  readonly title: string;
  readonly openedAt: number;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: number | null;
  readonly snoozedUntil: number | null;
  readonly resolvedAt: number | null;
  readonly notices: number;
}

export const LOCKED = `
  i.id, i.group_key as "groupKey", i.group_labels as "groupLabels", i.status, i.severity, i.title, i.opened_at as "openedAt",
  i.acknowledged_by as "acknowledgedBy", i.acknowledged_at as "acknowledgedAt", i.snoozed_until as "snoozedUntil", i.resolved_at as "resolvedAt", i.notices`;

/** The newest incident of a group, or the one of an id, locked; undefined where there is none. */
export async function lockIncident(
  transaction: Transaction,
  which: { groupKey: string } | { id: number },
): Promise<LockedIncident | undefined> {
  const [condition, value] = 'id' in which ? ['i.id = $1', which.id] : ['i.group_key = $1', which.groupKey];
  const { rows } = await transaction.query<LockedIncident>(
    `select ${LOCKED} from incidents i where ${condition} order by i.id desc limit 1 for update`,
    [value],
  );
  return rows[0];
}

/** An alert of an incident as it is kept. */
export interface KeptAlert {
  readonly id: number;
  readonly key: string;
  readonly ruleName: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly labels: Record<string, string>;
  readonly routes: readonly string[];
  readonly heldBack: string | null;
}

export async function readKeptAlerts(transaction: Transaction, incidentId: number): Promise<KeptAlert[]> {
  const { rows } = await transaction.query<KeptAlert>(
    `select alert_id as id, labels ->> 'key' as key, labels ->> 'alertname' as "ruleName", state, severity, labels, routes,
       held_back as "heldBack"
     from incident_alerts where incident_id = $1 order by alert_id`,
    [incidentId],
  );
  return rows;
}

/** What a route has told of an incident. */
export interface Thread {
  readonly routeId: string;
  readonly told: Told;
  readonly toldAt: number | null;
  readonly heldBack: string | null;
  /** Null: no escalation is under way. */
  readonly escalationStep: number | null;
  readonly escalationRound: number;
  readonly escalatedTo: readonly string[];
}

export async function readThread(transaction: Transaction, incidentId: number, routeId: string): Promise<Thread> {
  const { rows } = await transaction.query<Omit<Thread, 'told'> & { told: Record<string, Severity> }>(
    `select route_id as "routeId", told, told_at as "toldAt", held_back as "heldBack", escalation_step as "escalationStep",
       escalation_round as "escalationRound", escalated_to as "escalatedTo"
     from incident_threads where incident_id = $1 and route_id = $2`,
    [incidentId, routeId],
  );
  const [row] = rows;
  if (row === undefined) {
    return { routeId, told: new Map(), toldAt: null, heldBack: null, escalationStep: null, escalationRound: 0, escalatedTo: [] };
  }
  return { ...row, told: new Map(Object.entries(row.told).map(([id, severity]) => [Number(id), severity])) };
}

export async function writeThread(transaction: Transaction, incidentId: number, thread: Thread): Promise<void> {
  await transaction.query(
    `insert into incident_threads
       (incident_id, route_id, told, told_at, held_back, escalation_step, escalation_round, escalated_to)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (incident_id, route_id) do update set told = excluded.told, told_at = excluded.told_at,
       held_back = excluded.held_back, escalation_step = excluded.escalation_step,
       escalation_round = excluded.escalation_round, escalated_to = excluded.escalated_to`,
    [
      incidentId,
      thread.routeId,
      JSON.stringify(Object.fromEntries(thread.told)),
      thread.toldAt,
      thread.heldBack,
      thread.escalationStep,
      thread.escalationRound,
      thread.escalatedTo,
    ],
  );
}
