import type { List } from '@fleetbeat/contracts/api.ts';
import type { Incident, IncidentDetail, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import type { Affects, Matcher, silenceSchema, StoredSilence } from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import { get, send } from '../api/client.ts';
import type { IncidentAct } from './incident-acts.ts';

/** Incidents and silences over REST. Rejects as the rest of the API does. */

export interface IncidentQuery {
  status?: readonly string[] | undefined;
  severity?: string | undefined;
  assigned_to?: string | undefined;
  alert_id?: string | undefined;
  label?: readonly string[] | undefined;
  q?: string | undefined;
  cursor?: string | null | undefined;
  limit?: number | undefined;
}

export type SilenceInput = z.input<typeof silenceSchema>;

function bodyOf(act: IncidentAct): unknown {
  switch (act.kind) {
    case 'assign':
      return { user_id: act.userId };
    case 'snooze':
      return { until: act.until };
    case 'acknowledge':
    case 'resolve':
    case 'reopen':
      return undefined;
    default:
      return act satisfies never;
  }
}

export const incidentsApi = {
  list: (query: IncidentQuery, signal?: AbortSignal) => get<List<Incident>>('/incidents', { ...query }, signal),
  one: (incidentId: number, signal?: AbortSignal) => get<IncidentDetail>(`/incidents/${incidentId}`, {}, signal),
  timeline: (incidentId: number, cursor: string | null, signal?: AbortSignal) =>
    get<List<TimelineEntry>>(`/incidents/${incidentId}/timeline`, { limit: 500, cursor }, signal),
  act: (incidentId: number, act: IncidentAct, revision: number) =>
    send<IncidentDetail>('POST', `/incidents/${incidentId}/${act.kind}`, bodyOf(act), revision),
  silences: (cursor: string | null, signal?: AbortSignal) =>
    get<List<StoredSilence>>('/silences', { limit: 500, cursor }, signal),
  addSilence: (silence: SilenceInput) => send<StoredSilence>('POST', '/silences', silence),
  endSilence: (silenceId: string, version: number) =>
    send<void>('DELETE', `/silences/${encodeURIComponent(silenceId)}`, undefined, version),
  testSilence: (matchers: readonly Matcher[]) => send<{ affects: Affects }>('POST', '/silences/test', { matchers }),
};
