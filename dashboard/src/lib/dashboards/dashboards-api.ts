import { addressOf, type Body, type Place } from '@fleetbeat/contracts/client/client.ts';
import type { SeriesAnswer, SeriesSet } from '@fleetbeat/contracts/dashboards.ts';
import { ask } from '../api/ask.ts';
import { windowQuery, type Window } from '../api/client.ts';
import { readSampled } from '../live/sampled-windows.ts';
import { scope } from '../scope/scope.svelte.ts';

/** What a panel asks: measures of some keys. */
export interface SeriesQuestion {
  set: SeriesSet;
  keys: readonly string[];
  measures: readonly string[];
}

type Measures = Place<'get /series'>['query']['measure'];
type NewDashboard = Body<'post /dashboards'>;

const of = (dashboardId: string) => ({ params: { dashboard_id: dashboardId } });

/** Where a dashboard is to be had on paper. */
export function reportPath(dashboardId: string, window: Window, variables: readonly string[], timeZone: string): string {
  const query = { ...windowQuery(window), time_zone: timeZone, variable: variables, ...scope.query };
  return addressOf('get /dashboards/{dashboard_id}/report.pdf', { ...of(dashboardId), query }).url;
}

/** Dashboards over REST, and what their panels ask. Every function rejects with an `ApiProblem`. */
export const dashboardsApi = {
  series({ set, keys, measures }: SeriesQuestion, window: Window, signal?: AbortSignal): Promise<SeriesAnswer> {
    // A measure of an address may be none, which the API says.
    const question = { set, key: keys, measure: measures as Measures, ...scope.query };
    const read = (stepMs = window.stepMs) =>
      ask('get /series', { query: { ...question, ...windowQuery({ ...window, stepMs }) }, signal });
    if (set !== 'host' || window.stepMs === undefined) return read();
    return readSampled(window.stepMs, read, ({ series }) => series.map(({ points }) => points.map(({ t }) => t)));
  },
  list: (query: Place<'get /dashboards'>['query'], signal?: AbortSignal) => ask('get /dashboards', { query, signal }),
  read: (dashboardId: string, signal?: AbortSignal) => ask('get /dashboards/{dashboard_id}', { ...of(dashboardId), signal }),
  create: (dashboard: NewDashboard) => ask('post /dashboards', { body: dashboard }),
  replace: (dashboardId: string, dashboard: NewDashboard, revision: number) =>
    ask('put /dashboards/{dashboard_id}', { ...of(dashboardId), body: dashboard, revision }),
  remove: (dashboardId: string, revision: number) => ask('delete /dashboards/{dashboard_id}', { ...of(dashboardId), revision }),
};
