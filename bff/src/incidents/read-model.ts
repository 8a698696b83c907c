import * as z from 'zod';
import type { Severity } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Incident, IncidentDetail, IncidentStatus, NextEscalation, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { INCIDENTS, readIncidentAlerts } from '@fleetbeat/infra/incidents/incident-rows.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { Labels } from '../http/label-fields.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface IncidentFilter {
  statuses: readonly IncidentStatus[];
  severity?: Severity | undefined;
  assigned_to?: string | undefined;
  agent_id?: string | undefined;
  host_id?: string | undefined;
  task_id?: string | undefined;
  alert_id?: number | undefined;
  q?: string | undefined;
  labels: Labels | null;
  limit: number;
  cursor?: string | undefined;
}

export interface IncidentsReadModel {
  /** The newest first. */
  list(filter: IncidentFilter): Promise<List<Incident>>;
  find(incidentId: number): Promise<IncidentDetail | null>;
  /** What happened, in order; null where there is no such incident. */
  timeline(incidentId: number, page: { limit: number; cursor?: string | undefined }): Promise<List<TimelineEntry> | null>;
}

const POSITION = z.tuple([z.number().int()]);

export function createIncidentsReadModel(
  query: ReadQuery,
  database: Database,
  nextEscalations: (incidentId: number) => Promise<NextEscalation[]>,
): IncidentsReadModel {
  return {
    async list(filter) {
      const values: unknown[] = [];
      const place = (value: unknown) => `$${values.push(value)}`;
      const carries = (labels: Labels) =>
        `exists (select from incident_alerts x where x.incident_id = i.id and x.labels @> ${place(JSON.stringify(labels))}::jsonb)`;
      const conditions = ['true'];
      if (filter.statuses.length > 0) conditions.push(`i.status = any(${place(filter.statuses)})`);
      for (const field of ['severity', 'assigned_to'] as const) {
        if (filter[field] !== undefined) conditions.push(`i.${field} = ${place(filter[field])}`);
      }
      for (const [field, label] of [
        ['agent_id', 'agent'],
        ['host_id', 'host'],
      ] as const) {
        if (filter[field] !== undefined) conditions.push(carries({ [label]: filter[field] }));
      }
      if (filter.labels !== null) conditions.push(carries(filter.labels));
      if (filter.task_id !== undefined) {
        conditions.push(
          `exists (select from incident_tasks x where x.incident_id = i.id and x.task_id = ${place(filter.task_id)})`,
        );
      }
      if (filter.alert_id !== undefined) {
        conditions.push(`i.id = (select incident_id from incident_alerts where alert_id = ${place(filter.alert_id)})`);
      }
      if (filter.q !== undefined) {
        const pattern = place(containsPattern(filter.q));
        conditions.push(
          `(i.title ilike ${pattern} or exists (
             select from incident_alerts x where x.incident_id = i.id and (
               x.labels ->> 'key' ilike ${pattern} or x.labels ->> 'host' ilike ${pattern} or x.labels ->> 'alertname' ilike ${pattern})))`,
        );
      }
      if (filter.cursor !== undefined) conditions.push(`i.id < ${place(decodeCursor(filter.cursor, POSITION)[0])}`);
      const rows = await query<Incident>(
        'incidents.list',
        `${INCIDENTS} where ${conditions.join(' and ')} order by i.id desc limit ${place(filter.limit + 1)}`,
        values,
      );
      return pageOf(
        rows,
        filter.limit,
        (row) => row,
        (row) => [row.id],
      );
    },

    async find(incidentId) {
      const [incident] = await query<Incident>('incidents.find', `${INCIDENTS} where i.id = $1`, [incidentId]);
      if (incident === undefined) return null;
      const [alerts, tasksAtRisk, escalations] = await Promise.all([
        readIncidentAlerts(database, incidentId),
        query<IncidentDetail['tasks_at_risk'][number]>(
          'incidents.tasks',
          `select w.task_id, t.name, t.status from incident_tasks w left join tasks t on t.task_id = w.task_id
           where w.incident_id = $1 order by w.task_id limit 100`,
          [incidentId],
        ),
        nextEscalations(incidentId),
      ]);
      return {
        ...incident,
        alerts: alerts.map(({ routes: _routes, rule: _rule, ...alert }) => alert),
        tasks_at_risk: tasksAtRisk,
        escalations,
      };
    },

    async timeline(incidentId, { limit, cursor }) {
      const [known] = await query('incidents.known', 'select 1 from incidents where id = $1', [incidentId]);
      if (known === undefined) return null;
      const after = cursor === undefined ? 0 : decodeCursor(cursor, POSITION)[0];
      const rows = await query<TimelineEntry>(
        'incidents.timeline',
        `select t.id, t.at, t.kind, t.actor, coalesce(said.text, t.text) as text, to_jsonb(t.alert_ids) as alert_ids, coalesce(d.deliveries, '[]') as deliveries
         from incident_timeline t left join comments said on said.id = t.comment_id
         left join lateral (
           select jsonb_agg(jsonb_build_object('id', d.id, 'channel_id', d.channel_id, 'channel_name', c.name,
             'notice_kind', d.notice ->> 'kind', 'state', d.state, 'attempts', d.attempts, 'last_error', d.last_error) order by d.id) as deliveries
           from deliveries d join channels c on c.id = d.channel_id where d.id = any(t.delivery_ids)
         ) d on true
         where t.incident_id = $1 and t.id > $2 order by t.id limit $3`,
        [incidentId, after, limit + 1],
      );
      return pageOf(
        rows,
        limit,
        (row) => row,
        (row) => [row.id],
      );
    },
  };
}
