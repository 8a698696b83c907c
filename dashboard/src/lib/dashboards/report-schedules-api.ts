import type { List } from '@fleetbeat/contracts/api.ts';
import type { Channel } from '@fleetbeat/contracts/channels.ts';
import type { ReportSchedule, ReportScheduleInput } from '@fleetbeat/contracts/reports.ts';
import { get, send } from '../api/client.ts';

const path = (dashboardId: string) => `/dashboards/${encodeURIComponent(dashboardId)}/report-schedules`;
const one = (dashboardId: string, id: string) => `${path(dashboardId)}/${encodeURIComponent(id)}`;

/** When a dashboard is mailed, and over what. Every function rejects with an `ApiProblem`. */
export const reportSchedulesApi = {
  list: (dashboardId: string, signal?: AbortSignal) => get<{ items: ReportSchedule[] }>(path(dashboardId), {}, signal),
  create: (dashboardId: string, input: ReportScheduleInput) => send<ReportSchedule>('POST', path(dashboardId), input),
  replace: (dashboardId: string, { id, revision }: ReportSchedule, input: ReportScheduleInput) =>
    send<ReportSchedule>('PUT', one(dashboardId, id), input, revision),
  remove: (dashboardId: string, { id, revision }: ReportSchedule) =>
    send<void>('DELETE', one(dashboardId, id), undefined, revision),
  sendNow: (dashboardId: string, { id }: ReportSchedule) => send<ReportSchedule>('POST', `${one(dashboardId, id)}/send`),
  emailChannels: (signal?: AbortSignal) => get<List<Channel>>('/channels', { type: 'email', limit: 200 }, signal),
};
