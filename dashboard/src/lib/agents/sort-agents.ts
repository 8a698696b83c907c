import type { Agent, AgentStatus } from '@fleetbeat/contracts/api.ts';

/** Filtering and ordering of the agents table, as the URL says. */

export const SORT_COLUMNS = ['agent', 'status', 'seen', 'messages', 'errors', 'rate', 'tokens'] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

export interface Sort {
  column: SortColumn;
  descending: boolean;
}

export const DEFAULT_SORT: Sort = { column: 'status', descending: false };

/** `-tokens` is tokens, the largest first. */
export function parseSort(text: string | null): Sort {
  const descending = text?.startsWith('-') ?? false;
  const column = SORT_COLUMNS.find((candidate) => candidate === (descending ? text?.slice(1) : text));
  return column ? { column, descending } : DEFAULT_SORT;
}

export function sortText(sort: Sort): string {
  return `${sort.descending ? '-' : ''}${sort.column}`;
}

/** What a click on a column's head makes of the order: numbers begin with the largest. */
export function nextSort(now: Sort, column: SortColumn): Sort {
  if (now.column === column) return { column, descending: !now.descending };
  return { column, descending: column !== 'agent' && column !== 'status' };
}

const ORDERS = {
  agent: 'name',
  status: 'status',
  seen: 'last_seen',
  messages: 'total_messages',
  errors: 'total_errors',
  rate: 'error_rate',
  tokens: 'total_tokens_used',
} as const satisfies Record<SortColumn, string>;

/** The same order as the API takes it. */
export function sortQuery({ column, descending }: Sort) {
  return { sort: ORDERS[column], direction: descending ? ('desc' as const) : ('asc' as const) };
}

/** What needs a look first. */
const URGENCY: Record<AgentStatus, number> = { offline: 0, busy: 1, online: 2 };

const KEYS: Record<SortColumn, (agent: Agent) => number | string> = {
  agent: (agent) => (agent.name ?? agent.agent_id).toLowerCase(),
  status: (agent) => URGENCY[agent.status],
  seen: (agent) => agent.last_seen,
  messages: (agent) => agent.total_messages,
  errors: (agent) => agent.total_errors,
  rate: (agent) => 1 - (agent.success_rate ?? 1),
  tokens: (agent) => agent.total_tokens_used,
};

export function sortAgents(agents: readonly Agent[], sort: Sort): Agent[] {
  const key = KEYS[sort.column];
  const sign = sort.descending ? -1 : 1;
  return agents.toSorted((a, b) => {
    const left = key(a);
    const right = key(b);
    if (left !== right) return (left < right ? -1 : 1) * sign;
    return a.agent_id < b.agent_id ? -1 : 1;
  });
}

export interface AgentFilter {
  status: AgentStatus | null;
  /** Words that all must occur in the id, name, host, model, a capability, a tag or a label: as the API finds them. */
  text: string;
}

export function filterAgents(agents: readonly Agent[], filter: AgentFilter): Agent[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return agents.filter((agent) => {
    if (filter.status !== null && agent.status !== filter.status) return false;
    if (words.length === 0) return true;
    const labels = Object.entries(agent.labels).map(([name, value]) => `${name}:${value}`);
    const text = [agent.agent_id, agent.name, agent.host_id, agent.model, ...agent.capabilities, ...agent.tags, ...labels]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
