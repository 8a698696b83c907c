import * as z from 'zod';
import type { Agent, AgentStatus, List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { Labels } from '../http/label-fields.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

export interface AgentFilter {
  status?: AgentStatus | undefined;
  q?: string | undefined;
  labels: Labels | null;
  tags: readonly string[];
  archived: boolean;
  sort: 'agent_id' | 'last_seen';
  limit: number;
  cursor?: string | undefined;
}

export interface AgentsReadModel {
  list(filter: AgentFilter): Promise<List<Agent>>;
  find(agentId: string): Promise<Agent | null>;
}

interface AgentRow extends Omit<Agent, 'total_tokens_used' | 'success_rate'> {
  total_tokens: number;
}

// Silence is measured on the log's clock, as far as the agent's own source has been read: where
// ingest or the pipeline stands still, nobody is called offline.
const AGENTS = `
  select a.agent_id, coalesce(a.given_name, a.name) as name, a.host_id, a.capabilities, a.labels, a.model, a.first_seen,
    a.last_seen, a.total_messages, a.total_responses, a.total_errors, a.total_tokens, a.tags, a.notes, a.paused, a.archived_at,
    coalesce(t.total_tasks, 0) as total_tasks, coalesce(t.failed_tasks, 0) as failed_tasks,
    case when coalesce(s.clock_ms, 0) - a.last_seen > $1 then 'offline' else a.status end as status
  from agents a left join sources s on s.id = a.source left join agent_task_totals t on t.agent_id = a.agent_id`;

const BY_ID = z.tuple([z.string()]);
const BY_LAST_SEEN = z.tuple([z.number().int(), z.string()]);

/** Reads the agent registry. An agent that was silent for longer than `offlineMs` is offline. */
export function createAgentsReadModel(query: ReadQuery, offlineMs: number): AgentsReadModel {
  async function list(filter: AgentFilter): Promise<List<Agent>> {
    const values: unknown[] = [offlineMs];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = [`a.archived_at is ${filter.archived ? 'not null' : 'null'}`];
    if (filter.q !== undefined) {
      const pattern = place(containsPattern(filter.q));
      conditions.push(`(a.agent_id ilike ${pattern} or a.name ilike ${pattern} or a.given_name ilike ${pattern})`);
    }
    if (filter.labels !== null) conditions.push(`a.labels @> ${place(JSON.stringify(filter.labels))}::jsonb`);
    if (filter.tags.length > 0) conditions.push(`a.tags @> ${place(filter.tags)}::text[]`);
    if (filter.cursor !== undefined && filter.sort === 'agent_id') {
      conditions.push(`a.agent_id > ${place(decodeCursor(filter.cursor, BY_ID)[0])}`);
    }
    if (filter.cursor !== undefined && filter.sort === 'last_seen') {
      const [lastSeen, agentId] = decodeCursor(filter.cursor, BY_LAST_SEEN);
      const seen = place(lastSeen);
      conditions.push(`(a.last_seen < ${seen} or (a.last_seen = ${seen} and a.agent_id > ${place(agentId)}))`);
    }
    const order = filter.sort === 'agent_id' ? 'agent_id' : 'last_seen desc, agent_id';
    const status = filter.status === undefined ? 'true' : `status = ${place(filter.status)}`;
    const rows = await query<AgentRow>(
      'agents.list',
      `select * from (${AGENTS} where ${conditions.join(' and ')}) agent where ${status}
       order by ${order} limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(rows, filter.limit, agentOf, (row) =>
      filter.sort === 'agent_id' ? [row.agent_id] : [row.last_seen, row.agent_id],
    );
  }

  async function find(agentId: string): Promise<Agent | null> {
    const [row] = await query<AgentRow>('agents.find', `${AGENTS} where a.agent_id = $2`, [offlineMs, agentId]);
    return row === undefined ? null : agentOf(row);
  }

  return { list, find };
}

function agentOf({ total_tokens, ...row }: AgentRow): Agent {
  return {
    ...row,
    total_tokens_used: total_tokens,
    success_rate: row.total_messages === 0 ? null : 1 - row.total_errors / row.total_messages,
  };
}
