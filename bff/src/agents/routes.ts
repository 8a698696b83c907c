import * as z from 'zod';
import { agentSchema, agentStatusSchema, listSchema } from '@fleetbeat/contracts/api.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import type { AgentsReadModel } from './read-model.ts';

const label = z
  .string()
  .max(400)
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  .regex(/^[A-Za-z0-9_.-]{1,64}[=:][^\u0000-\u001f\u007f]*$/, 'must be name:value or name=value');

const agentsQuery = z.object({
  status: agentStatusSchema.optional(),
  q: searchField.optional().describe('Part of the id or the name, whatever its case'),
  label: z
    .union([label, z.array(label).max(16)])
    .optional()
    .describe('`name:value`; several must all be there'),
  sort: z.enum(['agent_id', 'last_seen']).default('agent_id').describe('`last_seen`: the last seen first'),
  ...pageFields,
});

export function agentRoutes(agents: AgentsReadModel): Route[] {
  return [
    route('get', '/agents', { summary: 'Agents', query: agentsQuery, answer: listSchema(agentSchema) }, async ({ query }) => {
      const labels = [query.label ?? []].flat().map(splitLabel);
      return agents.list({ ...query, labels });
    }),
    route(
      'get',
      '/agents/{agent_id}',
      { summary: 'One agent', params: z.object({ agent_id: idField }), answer: agentSchema },
      async ({ params }) => {
        const agent = await agents.find(params.agent_id);
        if (agent === null) throw unknownAgent();
        return agent;
      },
    ),
  ];
}

export function unknownAgent(): HttpProblem {
  return new HttpProblem(404, 'unknown-agent', 'no agent of this id has ever been seen');
}

function splitLabel(text: string): [string, string] {
  const at = text.search(/[=:]/);
  return [text.slice(0, at), text.slice(at + 1)];
}
