import * as z from 'zod';
import { metricsSchema } from '@fleetbeat/contracts/api.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import { windowFields, type RangeOf } from '../http/time-range.ts';
import { lateField, type ReadLateWindows } from '../windows/late-windows.ts';
import { metricsAnswer } from '../windows/metrics-answer.ts';
import type { Watch } from '../windows/watches.ts';
import type { ReadWindows } from '@fleetbeat/infra/time-series/window-reader.ts';
import { unknownAgent } from './unknown-agent.ts';
import type { AgentsReadModel } from './read-model.ts';

interface Effects {
  agents: AgentsReadModel;
  readWindows: ReadWindows;
  readLateWindows: ReadLateWindows;
  rangeOf: RangeOf;
  watch: Watch;
}

export function agentMetricsRoutes({ agents, readWindows, readLateWindows, rangeOf, watch }: Effects): Route[] {
  return [
    route(
      'get',
      '/agents/{agent_id}/metrics',
      {
        summary: 'Measures of one agent',
        params: z.object({ agent_id: idField }),
        query: z.object({ ...windowFields, late: lateField }),
        answer: metricsSchema,
      },
      async ({ params: { agent_id: agentId }, query }) => {
        const range = rangeOf(query);
        if ((await agents.find(agentId)) === null) throw unknownAgent();
        await watch('agent', [agentId]);
        const windows = await readWindows({ set: 'agent', keys: [agentId], range, sketches: true });
        const answer = metricsAnswer(windows, agentId);
        if (query.late !== 'true') return answer;
        return { ...answer, late_windows: await readLateWindows('agent', agentId, windows.range) };
      },
    ),
  ];
}
