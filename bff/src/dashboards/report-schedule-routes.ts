import type { Response } from 'express';
import * as z from 'zod';
import { reportScheduleInputSchema, reportScheduleSchema, type ReportSchedule } from '@fleetbeat/contracts/reports.ts';
import { askerOf } from '../access/asker.ts';
import { etagOf, ifMatch, requiredIfMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { unknownDashboard } from './dashboard-changes.ts';
import type { DashboardsReadModel } from './read-model.ts';
import { unknownSchedule, type ReportScheduleChanges } from './report-schedule-changes.ts';
import type { ReportSchedulesReadModel } from './report-schedules.ts';

const PATH = '/dashboards/{dashboard_id}/report-schedules';
const ofDashboard = z.object({ dashboard_id: idField });
const ofSchedule = ofDashboard.extend({ schedule_id: idField });
const headers = { 'If-Match': 'The `ETag` of the schedule as you have read it; another than the newest is answered 412' };

/** When a dashboard is mailed as PDF, and to whom. */
export function reportScheduleRoutes(
  dashboards: DashboardsReadModel,
  schedules: ReportSchedulesReadModel,
  changes: ReportScheduleChanges,
): Route[] {
  async function answer(dashboardId: string, scheduleId: string, response: Response): Promise<ReportSchedule> {
    const schedule = await schedules.find(dashboardId, scheduleId);
    if (schedule === null) throw unknownSchedule();
    response.set('etag', etagOf(schedule.revision));
    return schedule;
  }

  return [
    route(
      'get',
      PATH,
      {
        summary: 'When a dashboard is mailed as PDF, and to whom; at most 20, the oldest change first',
        access: 'operate',
        params: ofDashboard,
        answer: z.object({ items: z.array(reportScheduleSchema) }),
      },
      async ({ params: { dashboard_id: dashboardId } }) => {
        if ((await dashboards.find(dashboardId)) === null) throw unknownDashboard();
        return { items: await schedules.list(dashboardId) };
      },
    ),
    route(
      'post',
      PATH,
      {
        summary: 'Mail a dashboard as PDF again and again',
        access: 'operate',
        params: ofDashboard,
        body: reportScheduleInputSchema,
        answer: reportScheduleSchema,
        status: 201,
      },
      async ({ params: { dashboard_id: dashboardId }, body, request, response }) =>
        answer(dashboardId, await changes.create(askerOf(request, response), dashboardId, body), response),
    ),
    route(
      'get',
      `${PATH}/{schedule_id}`,
      { summary: 'One schedule, with its ETag', access: 'operate', params: ofSchedule, answer: reportScheduleSchema },
      async ({ params: { dashboard_id: dashboardId, schedule_id: id }, response }) => answer(dashboardId, id, response),
    ),
    route(
      'put',
      `${PATH}/{schedule_id}`,
      {
        summary: 'Replace when a dashboard is mailed, and to whom',
        access: 'operate',
        headers,
        params: ofSchedule,
        body: reportScheduleInputSchema,
        answer: reportScheduleSchema,
      },
      async ({ params: { dashboard_id: dashboardId, schedule_id: scheduleId }, body, request, response }) => {
        await changes.replace(askerOf(request, response), { dashboardId, scheduleId }, body, requiredIfMatch(request));
        return answer(dashboardId, scheduleId, response);
      },
    ),
    route(
      'delete',
      `${PATH}/{schedule_id}`,
      { summary: 'Mail a dashboard no more', access: 'operate', headers, params: ofSchedule },
      async ({ params: { dashboard_id: dashboardId, schedule_id: scheduleId }, request, response }) =>
        changes.remove(askerOf(request, response), { dashboardId, scheduleId }, ifMatch(request)),
    ),
    route(
      'post',
      `${PATH}/{schedule_id}/send`,
      {
        summary: 'Mail it once now, besides when it is due',
        description: '`last` of the schedule tells what became of it.',
        access: 'operate',
        params: ofSchedule,
        answer: reportScheduleSchema,
        status: 202,
      },
      async ({ params: { dashboard_id: dashboardId, schedule_id: scheduleId }, request, response }) => {
        await changes.sendNow(askerOf(request, response), { dashboardId, scheduleId });
        return answer(dashboardId, scheduleId, response);
      },
    ),
  ];
}
