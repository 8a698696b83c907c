import type { Body, Place } from '@fleetbeat/contracts/client/client.ts';
import { ask } from '../api/ask.ts';
import type { IncidentAct } from './incident-acts.ts';

/** Incidents and silences over REST. Rejects as the rest of the API does. */

export type IncidentQuery = NonNullable<Place<'get /incidents'>['query']>;
export type SilenceInput = Body<'post /silences'>;

export const incidentsApi = {
  list: (query: IncidentQuery, signal?: AbortSignal) => ask('get /incidents', { query, signal }),
  one: (incidentId: number, signal?: AbortSignal) =>
    ask('get /incidents/{incident_id}', { params: { incident_id: incidentId }, signal }),
  timeline: (incidentId: number, cursor: string | null, signal?: AbortSignal) =>
    ask('get /incidents/{incident_id}/timeline', { params: { incident_id: incidentId }, query: { limit: 500, cursor }, signal }),
  act: (incidentId: number, act: IncidentAct, revision: number) => {
    const question = { params: { incident_id: incidentId }, revision };
    switch (act.kind) {
      case 'assign':
        return ask('post /incidents/{incident_id}/assign', { ...question, body: { user_id: act.userId } });
      case 'snooze':
        return ask('post /incidents/{incident_id}/snooze', { ...question, body: { until: act.until } });
      case 'acknowledge':
        return ask('post /incidents/{incident_id}/acknowledge', question);
      case 'escalate':
        return ask('post /incidents/{incident_id}/escalate', question);
      case 'resolve':
        return ask('post /incidents/{incident_id}/resolve', question);
      case 'reopen':
        return ask('post /incidents/{incident_id}/reopen', question);
      default:
        return act satisfies never;
    }
  },
  silences: (cursor: string | null, signal?: AbortSignal) => ask('get /silences', { query: { limit: 500, cursor }, signal }),
  addSilence: (silence: SilenceInput) => ask('post /silences', { body: silence }),
  endSilence: (silenceId: string, version: number) =>
    ask('delete /silences/{silence_id}', { params: { silence_id: silenceId }, revision: version }),
  testSilence: (matchers: Body<'post /silences/test'>['matchers']) => ask('post /silences/test', { body: { matchers } }),
};
