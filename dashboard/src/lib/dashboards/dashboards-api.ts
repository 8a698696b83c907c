import type { List } from '@fleetbeat/contracts/api.ts';
import type { Dashboard, DashboardInput, DashboardSummary, SeriesAnswer, SeriesSet } from '@fleetbeat/contracts/dashboards.ts';
import { scope } from '../scope/scope.svelte.ts';
import { get, send, url, windowQuery, type Window } from '../api/client.ts';

/** What a panel asks: measures of some keys. */
export interface SeriesQuestion {
  set: SeriesSet;
  keys: readonly string[];
  measures: readonly string[];
}

const path = (dashboardId: string) => `/dashboards/${encodeURIComponent(dashboardId)}`;

/** Where a dashboard is to be had on paper. */
export function reportPath(dashboardId: string, window: Window, variables: readonly string[], timeZone: string): string {
  return url(`${path(dashboardId)}/report.pdf`, { ...windowQuery(window), time_zone: timeZone, variable: variables });
}

/** Dashboards over REST, and what their panels ask. Every function rejects with an `ApiProblem`. */
export const dashboardsApi = {
  series: ({ set, keys, measures }: SeriesQuestion, window: Window, signal?: AbortSignal) =>
    get<SeriesAnswer>('/series', { set, key: keys, measure: measures, ...windowQuery(window), ...scope.query }, signal),
  list: (query: { q?: string; cursor?: string | null; limit?: number }, signal?: AbortSignal) =>
    get<List<DashboardSummary>>('/dashboards', query, signal),
  read: (dashboardId: string, signal?: AbortSignal) => get<Dashboard>(path(dashboardId), {}, signal),
  create: (dashboard: DashboardInput) => send<Dashboard>('POST', '/dashboards', dashboard),
  replace: (dashboardId: string, dashboard: DashboardInput, revision: number) =>
    send<Dashboard>('PUT', path(dashboardId), dashboard, revision),
  remove: (dashboardId: string, revision: number) => send<void>('DELETE', path(dashboardId), undefined, revision),
};
