import { pipelineSchema, type Pipeline } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import type { Ledger } from './read-model.ts';

interface Effects {
  readLedger: () => Promise<Ledger>;
  latency: { summary(now: number): Pipeline['event_to_screen_ms'] };
  now: () => number;
}

export function pipelineRoutes({ readLedger, latency, now }: Effects): Route[] {
  return [
    route(
      'get',
      '/pipeline',
      {
        summary: 'The delivery ledger: what was accepted, and what became of it',
        description:
          'accepted = aggregated + duplicate + dead_lettered + pending. `pending` counts events; where the log is Kafka, which ' +
          'tells only records, it counts those, control records included.',
        answer: pipelineSchema,
      },
      async () => ({ ...(await readLedger()), event_to_screen_ms: latency.summary(now()) }),
    ),
  ];
}
