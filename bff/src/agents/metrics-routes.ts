import * as z from 'zod';
import { metricsSchema } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { metricsAnswer } from '../windows/metrics-answer.ts';
import type { Watch } from '../windows/watches.ts';
import type { ReadWindows } from '../windows/window-reader.ts';
import { unknownAgent } from './routes.ts';
import type { AgentsReadModel } from './read-model.ts';

interface Effects {
  agents: AgentsReadModel;
  readWindows: ReadWindows;
  rangeOf: RangeOf;
  watch: Watch;
}

export function agentMetricsRoutes({ agents, readWindows, rangeOf, watch }: Effects): Route[] {
  return [
    route(
      'get',
      '/agents/{agent_id}/metrics',
      {
        summary: 'Measures of one agent',
        params: z.object({ agent_id: idField }),
        query: z.object(windowFields),
        answer: metricsSchema,
      },
      async ({ params: { agent_id: agentId }, query }) => {
        const range = rangeOf(query);
        if ((await agents.find(agentId)) === null) throw unknownAgent();
        await watch('agent', [agentId]);
        const windows = await readWindows({ set: 'agent', keys: [agentId], range, sketches: true });
        return metricsAnswer(windows, agentId);
      },
    ),
  ];
}
