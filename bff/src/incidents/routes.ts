import type { Request, Response } from 'express';
import * as z from 'zod';
import { severitySchema } from '@fleetbeat/contracts/alerts.ts';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import {
  assignSchema,
  incidentDetailSchema,
  incidentSchema,
  incidentStatusSchema,
  snoozeSchema,
  timelineEntrySchema,
  type IncidentDetail,
} from '@fleetbeat/contracts/incidents.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { etagOf, ifMatch } from '../http/if-match.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { unknownIncident, type IncidentChanges } from './incident-changes.ts';
import type { IncidentsReadModel } from './read-model.ts';

const incidentsQuery = z.object({
  status: z
    .union([incidentStatusSchema, z.array(incidentStatusSchema).max(3)])
    .optional()
    .describe('Several: any of these'),
  severity: severitySchema.optional(),
  assigned_to: idField.optional(),
  agent_id: idField.optional().describe('With an alert about this agent'),
  host_id: idField.optional().describe('With an alert about this host or an agent on it'),
  task_id: idField.optional().describe('Whose agents were at this task'),
  alert_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().describe('The one of this alert'),
  q: searchField.optional().describe('Part of the title, or of the rule, the key or the host of an alert'),
  label: labelField('With an alert that carries these, by its rule or by whom it is about'),
  ...pageFields,
});
const params = z.object({ incident_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
const headers = { 'If-Match': 'The `ETag` of the incident as you have read it; another than the newest is answered 412' };

export function incidentRoutes(incidents: IncidentsReadModel, changes: IncidentChanges): Route[] {
  async function answer(incidentId: number, response: Response): Promise<IncidentDetail> {
    const incident = await incidents.find(incidentId);
    if (incident === null) throw unknownIncident();
    response.set('etag', etagOf(incident.revision));
    return incident;
  }

  /** Something that somebody does to an incident and that says no more than that. */
  function plain(name: 'acknowledge' | 'escalate' | 'resolve' | 'reopen', summary: string): Route {
    return route(
      'post',
      `/incidents/{incident_id}/${name}`,
      { summary, access: 'operate', headers, params, answer: incidentDetailSchema },
      async ({ params: { incident_id: id }, request, response }) => {
        await changes[name](askerOf(request, response), id, ifMatch(request));
        return answer(id, response);
      },
    );
  }

  const asked = (request: Request, response: Response) => [askerOf(request, response), ifMatch(request)] as const;

  return [
    route(
      'get',
      '/incidents',
      { summary: 'Incidents, the newest first', query: incidentsQuery, answer: listSchema(incidentSchema) },
      async ({ query }) => incidents.list({ ...query, labels: labelsOf(query.label), statuses: [query.status ?? []].flat() }),
    ),
    route(
      'get',
      '/incidents/{incident_id}',
      { summary: 'One incident with its alerts, and its ETag', params, answer: incidentDetailSchema },
      async ({ params: { incident_id: id }, response }) => answer(id, response),
    ),
    route(
      'get',
      '/incidents/{incident_id}/timeline',
      {
        summary: 'What happened to an incident, in order: every decision with its reason, and what was delivered',
        params,
        query: z.object(pageFields),
        answer: listSchema(timelineEntrySchema),
      },
      async ({ params: { incident_id: id }, query }) => {
        const entries = await incidents.timeline(id, query);
        if (entries === null) throw unknownIncident();
        return entries;
      },
    ),
    plain('acknowledge', 'Take care of an incident: nobody else is called'),
    plain('escalate', 'Call the next step of its escalation now, and not at its time'),
    plain('resolve', 'Call an incident over, whatever its alerts do'),
    plain('reopen', 'Open an incident again that somebody has called over'),
    route(
      'post',
      '/incidents/{incident_id}/assign',
      {
        summary: 'Give an incident to somebody',
        access: 'operate',
        headers,
        params,
        body: assignSchema,
        answer: incidentDetailSchema,
      },
      async ({ params: { incident_id: id }, body, request, response }) => {
        const [asker, precondition] = asked(request, response);
        await changes.assign(asker, id, precondition, body.user_id);
        return answer(id, response);
      },
    ),
    route(
      'post',
      '/incidents/{incident_id}/snooze',
      {
        summary: 'Put an incident off: nobody is told until then',
        access: 'operate',
        headers,
        params,
        body: snoozeSchema,
        answer: incidentDetailSchema,
      },
      async ({ params: { incident_id: id }, body, request, response }) => {
        const [asker, precondition] = asked(request, response);
        await changes.snooze(asker, id, precondition, body.until);
        return answer(id, response);
      },
    ),
  ];
}
