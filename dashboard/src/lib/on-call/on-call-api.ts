import type { List } from '@fleetbeat/contracts/api.ts';
import type {
  Escalation,
  Override,
  OverrideInput,
  Schedule,
  SchedulePreview,
  StoredSchedule,
  Stretch,
  storedEscalationSchema,
} from '@fleetbeat/contracts/on-call.ts';
import type {
  Inhibition,
  Route,
  RouteTestAnswer,
  storedInhibitionSchema,
  storedRouteSchema,
  Stored,
} from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import { get, send } from '../api/client.ts';

/** Who is called and told, over REST. Rejects as the rest of the API does. */

export type StoredEscalation = z.infer<typeof storedEscalationSchema>;
export type StoredRoute = z.infer<typeof storedRouteSchema>;
export type StoredInhibition = z.infer<typeof storedInhibitionSchema>;
export type DefinitionKind = 'schedule' | 'escalation' | 'route' | 'inhibition';
export type Definition = Schedule | Escalation | Route | Inhibition;

const MOST = 500;
const id = encodeURIComponent;

export const onCallApi = {
  schedules: (signal?: AbortSignal) => get<List<StoredSchedule>>('/schedules', { limit: MOST }, signal),
  calendar: (scheduleId: string, from: number, to: number, signal?: AbortSignal) =>
    get<{ items: Stretch[] }>(`/schedules/${id(scheduleId)}/calendar`, { from, to }, signal),
  preview: (draft: SchedulePreview) => send<{ items: Stretch[] }>('POST', '/schedules/preview', draft),
  addOverride: (scheduleId: string, override: OverrideInput) =>
    send<Override>('POST', `/schedules/${id(scheduleId)}/overrides`, override),
  removeOverride: (scheduleId: string, overrideId: number) =>
    send<void>('DELETE', `/schedules/${id(scheduleId)}/overrides/${overrideId}`),
  escalations: (signal?: AbortSignal) => get<List<StoredEscalation>>('/escalations', { limit: MOST }, signal),
  routes: (signal?: AbortSignal) => get<List<StoredRoute>>('/routes', { limit: MOST }, signal),
  inhibitions: (signal?: AbortSignal) => get<List<StoredInhibition>>('/inhibitions', { limit: MOST }, signal),
  testRoute: (labels: Record<string, string>) => send<RouteTestAnswer>('POST', '/routes/test', { labels }),
  /** For whoever may operate. */
  channels: (signal?: AbortSignal) => get<List<{ id: string; name: string }>>('/channels', { limit: MOST }, signal),
  add: (kind: DefinitionKind, definition: unknown) => send<Stored<Definition>>('POST', `/${kind}s`, definition),
  replace: (kind: DefinitionKind, { id: stored, version }: Pick<Stored<Definition>, 'id' | 'version'>, definition: unknown) =>
    send<Stored<Definition>>('PUT', `/${kind}s/${id(stored)}`, definition, version),
  remove: (kind: DefinitionKind, { id: stored, version }: Pick<Stored<Definition>, 'id' | 'version'>) =>
    send<void>('DELETE', `/${kind}s/${id(stored)}`, undefined, version),
};
