import * as z from 'zod';
import { route, type Route } from '../http/route.ts';

const ingestSchema = z.object({ events_url: z.string() });

/** Where events are sent to, for pages that explain how. */
export function ingestAddressRoutes(ingestUrl: string): Route[] {
  return [
    route('get', '/ingest', { summary: 'Where to send events', answer: ingestSchema }, async () => ({
      events_url: `${ingestUrl}/v1/events`,
    })),
  ];
}
