import * as z from 'zod';
import { alertSchema, severitySchema } from '@fleetbeat/contracts/alerts.ts';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { unknownAlert, type Acknowledge } from './acknowledge.ts';
import type { AlertsReadModel } from './read-model.ts';

const state = z.enum(['pending', 'firing', 'resolved']);
const alertsQuery = z.object({
  state: z
    .union([state, z.array(state).max(3)])
    .optional()
    .describe('Several: any of these'),
  severity: severitySchema.optional(),
  rule_id: idField.optional(),
  key: idField.optional().describe('The agent, host or model'),
  label: labelField('Of the rule, or of the agent or host that the alert is about'),
  ...pageFields,
});
const params = z.object({ alert_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

export function alertRoutes(alerts: AlertsReadModel, acknowledge: Acknowledge): Route[] {
  return [
    route(
      'get',
      '/alerts',
      { summary: 'Alerts, the newest first', query: alertsQuery, answer: listSchema(alertSchema) },
      async ({ query }) => alerts.list({ ...query, labels: labelsOf(query.label), states: [query.state ?? []].flat() }),
    ),
    route(
      'post',
      '/alerts/{alert_id}/acknowledge',
      { summary: 'Take care of an alert', access: 'operate', params, answer: alertSchema },
      async ({ params: { alert_id: alertId }, request, response }) => {
        await acknowledge(askerOf(request, response), alertId);
        const alert = await alerts.find(alertId);
        if (alert === null) throw unknownAlert();
        return alert;
      },
    ),
  ];
}
