import type { Body } from '@fleetbeat/contracts/client/client.ts';
import type { Escalation, Schedule, SchedulePreview, storedEscalationSchema } from '@fleetbeat/contracts/on-call.ts';
import type { Inhibition, Route, storedInhibitionSchema, storedRouteSchema, Stored } from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import { ask } from '../api/ask.ts';

/** Who is called and told, over REST. Rejects as the rest of the API does. */

export type StoredEscalation = z.infer<typeof storedEscalationSchema>;
export type StoredRoute = z.infer<typeof storedRouteSchema>;
export type StoredInhibition = z.infer<typeof storedInhibitionSchema>;
export type DefinitionKind = 'schedule' | 'escalation' | 'route' | 'inhibition';
export type Definition = Schedule | Escalation | Route | Inhibition;

const MOST = 500;
const most = (signal?: AbortSignal) => ({ query: { limit: MOST }, signal });
const ONE = {
  schedule: '/schedules/{schedule_id}',
  escalation: '/escalations/{escalation_id}',
  route: '/routes/{route_id}',
  inhibition: '/inhibitions/{inhibition_id}',
} as const;
/** Without a version, whatever it is by now. */
type Known = Pick<Stored<Definition>, 'id'> & { readonly version?: number | undefined };
const of = (kind: DefinitionKind, { id, version }: Known) => ({ params: { [`${kind}_id`]: id } as never, revision: version });

export const onCallApi = {
  schedules: (signal?: AbortSignal) => ask('get /schedules', most(signal)),
  calendar: (scheduleId: string, from: number, to: number, signal?: AbortSignal) =>
    ask('get /schedules/{schedule_id}/calendar', { params: { schedule_id: scheduleId }, query: { from, to }, signal }),
  preview: (draft: SchedulePreview) => ask('post /schedules/preview', { body: draft }),
  addOverride: (scheduleId: string, override: Body<'post /schedules/{schedule_id}/overrides'>) =>
    ask('post /schedules/{schedule_id}/overrides', { params: { schedule_id: scheduleId }, body: override }),
  removeOverride: (scheduleId: string, overrideId: number) =>
    ask('delete /schedules/{schedule_id}/overrides/{override_id}', {
      params: { schedule_id: scheduleId, override_id: overrideId },
    }),
  escalations: (signal?: AbortSignal) => ask('get /escalations', most(signal)),
  routes: (signal?: AbortSignal) => ask('get /routes', most(signal)),
  inhibitions: (signal?: AbortSignal) => ask('get /inhibitions', most(signal)),
  testRoute: (labels: Record<string, string>) => ask('post /routes/test', { body: { labels } }),
  /** For whoever may operate. */
  channels: (signal?: AbortSignal) => ask('get /channels', most(signal)),
  /** What is in a form may be anything: the API says what is wrong with it. */
  add: (kind: DefinitionKind, definition: unknown): Promise<Stored<Definition>> =>
    ask(`post /${kind}s` as const, { body: definition as never }),
  replace: (kind: DefinitionKind, known: Known, definition: unknown): Promise<Stored<Definition>> =>
    ask(`put ${ONE[kind]}` as const, { ...of(kind, known), body: definition as never }),
  remove: (kind: DefinitionKind, known: Known) => ask(`delete ${ONE[kind]}` as const, of(kind, known)),
};
