import { SEVERITIES, type Severity } from '@fleetbeat/contracts/alerts.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import { alertLabels } from '@fleetbeat/infra/routing/alert-labels.ts';
import { readDefinitions, type Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import { groupKey, groupLabels, walkRoutes, type RouteNode } from '@fleetbeat/infra/routing/route-tree.ts';
import { joinIncident, type JoiningAlert } from './join-incident.ts';

/** Any number that nobody else uses. */
const GROUPING_LOCK = 2_914_460_872;
/** Outbox rows of one transaction. */
const BATCH = 500;

interface AlertRow {
  readonly id: number;
  readonly rule_id: string;
  readonly key: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly fired_at: number;
  readonly resolved_at: number | null;
  readonly definition: Rule;
  readonly labels: Record<string, string> | null;
  readonly host_id: string | null;
  readonly model: string | null;
  readonly incident_id: number | null;
}

/**
 * Brings the incidents of all alerts in the outbox up to date, and empties it, in one transaction. Of several processes one
 * at a time groups, so that a group never has two incidents; the others have nothing to do. What an alert is now counts, not
 * what it was when the row was written, so rows may come in any order. Answers the incidents that have changed, and whether
 * there may be more.
 */
export async function takeOutbox(
  database: Database,
  now: number,
  onFailure: (error: unknown) => void,
): Promise<{ changed: readonly number[]; more: boolean }> {
  return inTransaction(database, async (transaction) => {
    const lock = await transaction.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [GROUPING_LOCK]);
    if (lock.rows[0]?.held !== true) return { changed: [], more: false };
    const { rows: taken } = await transaction.query<{ alert_id: number; seq: number }>(
      `delete from alert_outbox where (alert_id, seq) in
         (select alert_id, seq from alert_outbox order by at, alert_id, seq limit $1 for update skip locked)
       returning alert_id, seq`,
      [BATCH],
    );
    if (taken.length === 0) return { changed: [], more: false };
    const alerts = await readAlerts(transaction, [...new Set(taken.map(({ alert_id }) => alert_id))]);
    const definitions = await readDefinitions(transaction, now);
    const changed: number[] = [];
    let failed = false;
    for (const [key, joining] of groupsOf(alerts, definitions)) {
      await transaction.query('savepoint group_of_alerts');
      try {
        const incidentId = await joinIncident(transaction, key, joining, definitions, now);
        if (incidentId !== undefined) changed.push(incidentId);
      } catch (error) {
        // It goes to the end of the outbox and holds up nobody else.
        await transaction.query('rollback to savepoint group_of_alerts');
        await putBack(transaction, taken, joining, now);
        failed = true;
        onFailure(error);
      }
    }
    return { changed, more: taken.length === BATCH && !failed };
  });
}

async function putBack(
  transaction: Transaction,
  taken: readonly { alert_id: number; seq: number }[],
  alerts: readonly JoiningAlert[],
  now: number,
): Promise<void> {
  const ids = new Set(alerts.map(({ id }) => id));
  const rows = taken.filter(({ alert_id }) => ids.has(alert_id));
  await transaction.query(
    'insert into alert_outbox (alert_id, seq, at) select id, seq, $1 from unnest($2::bigint[], $3::int[]) t (id, seq)',
    [now, rows.map(({ alert_id }) => alert_id), rows.map(({ seq }) => seq)],
  );
}

async function readAlerts(transaction: Transaction, ids: readonly number[]): Promise<AlertRow[]> {
  const { rows } = await transaction.query<AlertRow>(
    `select a.id, a.rule_id, a.key, a.state, a.severity, a.fired_at, a.resolved_at, r.definition,
       coalesce(ag.labels, h.labels) as labels, ag.host_id, ag.model,
       -- An alert whose incident somebody has called over is looked at anew where it gets worse.
       case when i.status <> 'resolved' or a.state = 'resolved'
         or array_position($2::text[], a.severity) <= array_position($2::text[], ia.severity) then ia.incident_id end as incident_id
     from alerts a join alert_rules r on r.id = a.rule_id
     left join agents ag on r.definition #>> '{watch,set}' = 'agent' and ag.agent_id = a.key
     left join hosts h on r.definition #>> '{watch,set}' = 'host' and h.host_id = a.key
     left join incident_alerts ia on ia.alert_id = a.id left join incidents i on i.id = ia.incident_id
     where a.id = any($1) and a.state in ('firing', 'resolved') and a.fired_at is not null and not a.shadow
     order by a.id`,
    [ids, SEVERITIES],
  );
  return rows;
}

/** Alerts of one incident: of the one that they are in already, else of their group. */
function groupsOf(alerts: readonly AlertRow[], definitions: Definitions): Map<string | number, JoiningAlert[]> {
  const joining = alerts.map((row): JoiningAlert => {
    const { id, key, state, severity, definition, fired_at, resolved_at, labels, host_id, model, incident_id } = row;
    const all = alertLabels(definition, row, { labels, hostId: host_id, model });
    const { taken } = walkRoutes(definitions.defaultRoute, all);
    // The route at which the walk ended makes the incident, so that one before it that only looks on does not.
    const maker: RouteNode = taken.at(-1) ?? definitions.defaultRoute;
    const shared = groupLabels(maker.settings, all);
    return {
      id,
      key,
      state,
      severity,
      ruleName: definition.name,
      labels: all,
      routes: taken.map((node) => node.id),
      firedAt: fired_at,
      resolvedAt: resolved_at,
      incidentId: incident_id,
      maker,
      groupLabels: shared,
      groupKey: groupKey(maker.id, shared),
    };
  });
  return Map.groupBy(joining, (alert) => alert.incidentId ?? alert.groupKey);
}
