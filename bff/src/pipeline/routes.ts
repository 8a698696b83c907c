import * as z from 'zod';
import { agentLedgerSchema, pipelineSchema, type AgentLedger, type Pipeline } from '@fleetbeat/contracts/api.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import type { Reconciled } from './differences.ts';
import type { Ledger } from './read-model.ts';

interface Effects {
  readLedger: () => Promise<Ledger>;
  readReconciled: () => Promise<Reconciled>;
  readAgentLedger: (agentId: string) => Promise<AgentLedger | null>;
  latency: { summary(now: number): Pipeline['event_to_screen_ms'] };
  now: () => number;
}

export function pipelineRoutes({ readLedger, readReconciled, readAgentLedger, latency, now }: Effects): Route[] {
  return [
    route(
      'get',
      '/pipeline',
      {
        summary: 'The delivery ledger: what was accepted, and what became of it',
        description:
          'accepted = aggregated + duplicate + dead_lettered + pending. Where the log is Kafka, which tells only records, `pending` ' +
          'is the events in cuts that are not stored yet and the records that no processor has read.',
        answer: pipelineSchema,
      },
      async () => ({ ...(await readLedger()), ...(await readReconciled()), event_to_screen_ms: latency.summary(now()) }),
    ),
    route(
      'get',
      '/agents/{agent_id}/ledger',
      {
        summary: "One agent's events in every place that counts them",
        description: 'As far as stored: registry, aggregates and raw events, each as far back as it is kept.',
        params: z.object({ agent_id: idField }),
        answer: agentLedgerSchema,
      },
      async ({ params }) => {
        const ledger = await readAgentLedger(params.agent_id);
        if (ledger === null) throw new HttpProblem(404, 'unknown-agent', 'no agent of this id has ever been seen');
        return ledger;
      },
    ),
  ];
}
