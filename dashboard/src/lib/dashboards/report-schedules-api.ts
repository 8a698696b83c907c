import type { Body } from '@fleetbeat/contracts/client/client.ts';
import type { ReportSchedule } from '@fleetbeat/contracts/reports.ts';
import { ask } from '../api/ask.ts';

type Input = Body<'post /dashboards/{dashboard_id}/report-schedules'>;

const of = (dashboardId: string, id: string) => ({ params: { dashboard_id: dashboardId, schedule_id: id } });

/** When a dashboard is mailed, and over what. Every function rejects with an `ApiProblem`. */
export const reportSchedulesApi = {
  list: (dashboardId: string, signal?: AbortSignal) =>
    ask('get /dashboards/{dashboard_id}/report-schedules', { params: { dashboard_id: dashboardId }, signal }),
  create: (dashboardId: string, input: Input) =>
    ask('post /dashboards/{dashboard_id}/report-schedules', { params: { dashboard_id: dashboardId }, body: input }),
  replace: (dashboardId: string, { id, revision }: ReportSchedule, input: Input) =>
    ask('put /dashboards/{dashboard_id}/report-schedules/{schedule_id}', { ...of(dashboardId, id), body: input, revision }),
  remove: (dashboardId: string, { id, revision }: ReportSchedule) =>
    ask('delete /dashboards/{dashboard_id}/report-schedules/{schedule_id}', { ...of(dashboardId, id), revision }),
  sendNow: (dashboardId: string, { id }: ReportSchedule) =>
    ask('post /dashboards/{dashboard_id}/report-schedules/{schedule_id}/send', of(dashboardId, id)),
  emailChannels: (signal?: AbortSignal) => ask('get /channels', { query: { type: 'email', limit: 200 }, signal }),
};
