import * as z from 'zod';
import { agentPatchSchema } from '@fleetbeat/contracts/agent-input.ts';
import { agentSchema, agentStatusSchema, listSchema, type Agent } from '@fleetbeat/contracts/api.ts';
import { wordSchema } from '@fleetbeat/contracts/text.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import type { AgentChanges } from './agent-changes.ts';
import { AGENT_ORDERS, type AgentsReadModel } from './read-model.ts';
import { unknownAgent } from './unknown-agent.ts';

const agentsQuery = z.object({
  status: agentStatusSchema.optional(),
  q: searchField
    .optional()
    .describe('Words that all occur in the id, a name, the host, the model, a capability, a tag or a label, whatever their case'),
  host_id: idField.optional().describe('On this host'),
  label: labelField('Agents that carry these'),
  tag: z
    .union([wordSchema, z.array(wordSchema).max(16)])
    .optional()
    .describe('Several must all be there'),
  archived: z.enum(['true', 'false']).default('false').describe('`true`: those that are archived instead'),
  sort: z
    .enum(AGENT_ORDERS)
    .default('agent_id')
    .describe('By which of its fields; `status` begins with offline. All but `agent_id` and `name` move while one pages'),
  direction: z.enum(['asc', 'desc']).optional().describe('`desc` by time and numbers, `asc` by all else, unless given'),
  ...pageFields,
});

const params = z.object({ agent_id: idField });

export function agentRoutes(agents: AgentsReadModel, changes: AgentChanges): Route[] {
  async function found(agentId: string): Promise<Agent> {
    const agent = await agents.find(agentId);
    if (agent === null) throw unknownAgent();
    return agent;
  }

  return [
    route('get', '/agents', { summary: 'Agents', query: agentsQuery, answer: listSchema(agentSchema) }, async ({ query }) => {
      return agents.list({
        ...query,
        hostId: query.host_id,
        labels: labelsOf(query.label),
        tags: [query.tag ?? []].flat(),
        archived: query.archived === 'true',
      });
    }),
    route(
      'get',
      '/agents/{agent_id}',
      { summary: 'One agent', params, answer: agentSchema },
      async ({ params: { agent_id: id } }) => found(id),
    ),
    route(
      'patch',
      '/agents/{agent_id}',
      {
        summary: 'Name, tag, annotate or pause an agent',
        access: 'operate',
        params,
        body: agentPatchSchema,
        texts: ['name', 'notes'],
        answer: agentSchema,
      },
      async ({ params: { agent_id: id }, body, request, response }) => {
        await changes.patch(askerOf(request, response), id, body);
        return found(id);
      },
    ),
    route(
      'post',
      '/agents/{agent_id}/archive',
      {
        summary: 'Archive an agent',
        description: 'It is not listed and never alerts, until it speaks again.',
        access: 'operate',
        params,
        answer: agentSchema,
      },
      async ({ params: { agent_id: id }, request, response }) => {
        await changes.archive(askerOf(request, response), id);
        return found(id);
      },
    ),
    route(
      'post',
      '/agents/{agent_id}/unarchive',
      { summary: 'Take an agent out of the archive', access: 'operate', params, answer: agentSchema },
      async ({ params: { agent_id: id }, request, response }) => {
        await changes.unarchive(askerOf(request, response), id);
        return found(id);
      },
    ),
  ];
}
