import type { Agent } from '@fleetbeat/contracts/api.ts';
import { api } from '../api/client.ts';
import { Resource } from '../api/resource.svelte.ts';
import { clock } from '../live/clock.svelte.ts';
import { connection } from '../live/connection.svelte.ts';
import { scope } from '../scope/scope.svelte.ts';
import { countByStatus } from './presence.ts';

const PAGE = 500;
/** The most agents held in the browser; the rest is found by the server's search. */
const MOST = 2_000;
const REFRESH_EVERY = 15_000;

type AgentQuery = Parameters<typeof api.agents>[0];
type AgentOrder = Pick<AgentQuery, 'sort' | 'direction'>;

interface Loaded {
  agents: Agent[];
  /** The server has more than are held. */
  more: boolean;
}

/** The agents in scope, with their status live. */
export class AgentRoster {
  readonly resource: Resource<Loaded>;
  /** The server's search, for fleets larger than what is held. */
  search = '';
  /** Those in the archive, instead of the others. */
  archived = false;
  /** Those on this host alone, by its id. */
  host: string | undefined;
  #order: AgentOrder | null = null;
  #changes = new Map<string, Pick<Agent, 'status' | 'last_seen'>>();
  #version = $state(0);
  #frame = 0;

  constructor() {
    this.resource = new Resource((signal) =>
      readAll({ ...this.#order, q: this.search, archived: this.archived ? 'true' : undefined, host_id: this.host }, signal),
    );
  }

  readonly agents = $derived.by((): Agent[] => {
    void this.#version;
    return (this.resource.data?.agents ?? []).map((agent) => {
      const change = this.#changes.get(agent.agent_id);
      return change && change.last_seen >= agent.last_seen ? { ...agent, ...change } : agent;
    });
  });
  readonly counts = $derived(countByStatus(this.agents));
  readonly lastSilenceAt = $derived.by(() => {
    const silent = this.agents.filter((agent) => agent.status === 'offline');
    return silent.length === 0 ? null : Math.max(...silent.map((agent) => agent.last_seen));
  });

  /** Of a fleet larger than what is held, those that come first in this order are read. */
  orderBy(order: AgentOrder): void {
    const { sort, direction } = this.#order ?? {};
    if (!this.resource.data?.more || (order.sort === sort && order.direction === direction)) return;
    this.#order = order;
    void this.resource.load();
  }

  start(): () => void {
    const stops = [
      this.resource.poll(REFRESH_EVERY),
      connection.subscribe('agents'),
      connection.on('agent_status', ({ agent_id, status, last_seen }) => {
        this.resource.hear((data) => {
          if (data?.agents.some((agent) => agent.agent_id === agent_id)) {
            this.#changes.set(agent_id, { status, last_seen });
            this.#show();
          }
          // Someone new: the list knows more about it than the message. Whether it is in scope, the next reading tells.
          else if (data !== null && !data.more && scope.id === '' && !this.resource.loading) void this.resource.load();
          return data;
        });
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  #show(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (!clock.paused) this.#version += 1;
    });
  }
}

async function readAll(asked: AgentQuery, signal: AbortSignal): Promise<Loaded> {
  const agents: Agent[] = [];
  let cursor: string | null = null;
  do {
    const page = await api.agents({ ...asked, cursor, limit: PAGE, ...scope.query }, signal);
    agents.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && agents.length < MOST);
  return { agents, more: cursor !== null };
}
