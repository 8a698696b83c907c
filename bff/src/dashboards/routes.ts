import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import {
  dashboardInputSchema,
  dashboardSchema,
  dashboardSummarySchema,
  type Dashboard,
} from '@fleetbeat/contracts/dashboards.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { etagOf, ifMatch, requiredIfMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { unknownDashboard, type DashboardChanges } from './dashboard-changes.ts';
import type { DashboardsReadModel } from './read-model.ts';

const params = z.object({ dashboard_id: idField });
const headers = { 'If-Match': 'The `ETag` of the dashboard as you have read it; another than the newest is answered 412' };

export function dashboardRoutes(dashboards: DashboardsReadModel, changes: DashboardChanges): Route[] {
  async function answer(dashboardId: string, response: Response): Promise<Dashboard> {
    const dashboard = await dashboards.find(dashboardId);
    if (dashboard === null) throw unknownDashboard();
    response.set('etag', etagOf(dashboard.revision));
    return dashboard;
  }

  return [
    route(
      'get',
      '/dashboards',
      {
        summary: 'Dashboards that people have built, by name',
        query: z.object({ q: searchField.optional().describe('Part of the name, whatever its case'), ...pageFields }),
        answer: listSchema(dashboardSummarySchema),
      },
      async ({ query }) => dashboards.list(query),
    ),
    route(
      'post',
      '/dashboards',
      { summary: 'Add a dashboard', access: 'operate', body: dashboardInputSchema, answer: dashboardSchema, status: 201 },
      async ({ body, request, response }) => answer(await changes.create(askerOf(request, response), body), response),
    ),
    route(
      'get',
      '/dashboards/{dashboard_id}',
      { summary: 'One dashboard, with its ETag', params, answer: dashboardSchema },
      async ({ params: { dashboard_id: id }, response }) => answer(id, response),
    ),
    route(
      'put',
      '/dashboards/{dashboard_id}',
      {
        summary: 'Replace what a dashboard shows',
        access: 'operate',
        headers,
        params,
        body: dashboardInputSchema,
        answer: dashboardSchema,
      },
      async ({ params: { dashboard_id: id }, body, request, response }) => {
        await changes.replace(askerOf(request, response), id, body, requiredIfMatch(request));
        return answer(id, response);
      },
    ),
    route(
      'delete',
      '/dashboards/{dashboard_id}',
      { summary: 'Delete a dashboard', access: 'operate', headers, params },
      async ({ params: { dashboard_id: id }, request, response }) =>
        changes.remove(askerOf(request, response), id, ifMatch(request)),
    ),
  ];
}
