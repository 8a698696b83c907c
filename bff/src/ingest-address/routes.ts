import * as z from 'zod';
import { takesEventsWithoutKey } from '@fleetbeat/infra/access/events-without-key.ts';
import type { Config } from '@fleetbeat/infra/config.ts';
import { route, type Route } from '../http/route.ts';

const ingestSchema = z.object({
  events_url: z.string(),
  /** False where programs on the same machine need none. */
  needs_key: z.boolean(),
});

/** Where events are sent to, and whether by a key, for pages that explain how. */
export function ingestAddressRoutes(config: Config): Route[] {
  return [
    route('get', '/ingest', { summary: 'Where to send events', answer: ingestSchema }, async () => ({
      events_url: `${config.ingestUrl}/v1/events`,
      needs_key: !takesEventsWithoutKey(config),
    })),
  ];
}
