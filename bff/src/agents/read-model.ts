import * as z from 'zod';
import type { Agent, AgentStatus, List } from '@fleetbeat/contracts/api.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { Labels } from '../http/label-fields.ts';
import { containsPattern, type ReadQuery } from '../http/read-query.ts';

/** What agents are put in order by, of rows of `AGENTS`; then by their id. */
const ORDERS = {
  agent_id: { by: 'agent_id', direction: 'asc' },
  name: { by: `lower(coalesce(name, agent_id)) collate "C"`, direction: 'asc' },
  // What needs a look first.
  status: { by: `case status when 'offline' then 0 when 'busy' then 1 else 2 end`, direction: 'asc' },
  last_seen: { by: 'last_seen', direction: 'desc' },
  total_messages: { by: 'total_messages', direction: 'desc' },
  total_errors: { by: 'total_errors', direction: 'desc' },
  error_rate: { by: 'total_errors::float8 / greatest(total_messages, 1)', direction: 'desc' },
  total_tokens_used: { by: 'total_tokens', direction: 'desc' },
} as const;
export type AgentOrder = keyof typeof ORDERS;
export const AGENT_ORDERS = Object.keys(ORDERS) as readonly AgentOrder[];

export interface AgentFilter {
  status?: AgentStatus | undefined;
  q?: string | undefined;
  hostId?: string | undefined;
  labels: Labels | null;
  tags: readonly string[];
  archived: boolean;
  sort: AgentOrder;
  /** That of the order unless given. */
  direction?: 'asc' | 'desc' | undefined;
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
interface ListedRow extends AgentRow {
  /** What it is put in order by. */
  place: string | number;
  /** Of those by when they were seen: when the newest was at the first page. Whoever has spoken since has moved past it. */
  as_of: number | null;
}

// Silence is measured on the log's clock, as far as the agent's own source has been read: where
// ingest or the pipeline stands still, nobody is called offline.
const AGENTS = `
  select a.agent_id, coalesce(a.given_name, a.name) as name, a.host_id, a.capabilities, a.labels, a.model, a.first_seen,
    a.last_seen, a.total_messages, a.total_responses, a.total_errors, a.total_tokens, a.tags, a.notes, a.paused, a.archived_at,
    coalesce(t.total_tasks, 0) as total_tasks, coalesce(t.failed_tasks, 0) as failed_tasks,
    case when coalesce(s.clock_ms, 0) - a.last_seen > $1 then 'offline' else a.status end as status
  from agents a left join sources s on s.id = a.source left join agent_task_totals t on t.agent_id = a.agent_id`;

/** Where words are looked for: `team:night` finds a label. */
const WORDS = `concat_ws(' ', a.agent_id, a.name, a.given_name, a.host_id, a.model, array_to_string(a.capabilities || a.tags, ' '),
  replace(a.labels::text, '": "', ':'))`;

const POSITION = z.tuple([z.union([z.string(), z.number()]), z.string(), z.number().int().nullable()]);

/** Reads the agent registry. An agent that was silent for longer than `offlineMs` is offline. */
export function createAgentsReadModel(query: ReadQuery, offlineMs: number): AgentsReadModel {
  async function list(filter: AgentFilter): Promise<List<Agent>> {
    const values: unknown[] = [offlineMs];
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions = [`a.archived_at is ${filter.archived ? 'not null' : 'null'}`];
    const words = (filter.q ?? '').split(/\s+/).filter(Boolean);
    if (words.length > 0) conditions.push(`${WORDS} ilike all(${place(words.map(containsPattern))}::text[])`);
    if (filter.hostId !== undefined) conditions.push(`a.host_id = ${place(filter.hostId)}`);
    if (filter.labels !== null) conditions.push(`a.labels @> ${place(JSON.stringify(filter.labels))}::jsonb`);
    if (filter.tags.length > 0) conditions.push(`a.tags @> ${place(filter.tags)}::text[]`);
    const { by, direction: usual } = ORDERS[filter.sort];
    const direction = filter.direction ?? usual;
    const outer = ['true'];
    let asOf = filter.sort === 'last_seen' ? '(select max(last_seen) from agents)' : 'null::bigint';
    if (filter.status !== undefined) outer.push(`status = ${place(filter.status)}`);
    if (filter.cursor !== undefined) {
      const [position, agentId, newest] = decodeCursor(filter.cursor, POSITION);
      if (newest !== null) {
        asOf = `${place(newest)}::bigint`;
        outer.push(`last_seen <= ${asOf}`);
      }
      const after = direction === 'asc' ? '>' : '<';
      const id = place(agentId);
      if (filter.sort === 'agent_id') outer.push(`agent_id ${after} ${id}`);
      else {
        const at = place(position);
        outer.push(`(${by} ${after} ${at} or (${by} = ${at} and agent_id > ${id}))`);
      }
    }
    const order = filter.sort === 'agent_id' ? `agent_id ${direction}` : `place ${direction}, agent_id`;
    const rows = await query<ListedRow>(
      'agents.list',
      `select *, ${by} as place, ${asOf} as as_of from (${AGENTS} where ${conditions.join(' and ')}) agent where ${outer.join(' and ')}
       order by ${order} limit ${place(filter.limit + 1)}`,
      values,
    );
    return pageOf(
      rows,
      filter.limit,
      ({ place: _, as_of: _asOf, ...row }) => agentOf(row),
      (row) => [row.place, row.agent_id, row.as_of],
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
