import { NONE, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { Labels } from '@fleetbeat/contracts/events.ts';
import type { ReadRows } from '../database/read-rows.ts';
import { HttpProblem } from '../problem.ts';
import { TooManyRows } from '../time-series/time-series.ts';
import type { ReadWindows } from '../time-series/window-reader.ts';

/**
 * What carries labels: its agents and hosts by the registry as it is now, and their figures together. Aggregates know of no
 * labels, so the fleet's windows of a scope are those of its agents as one, and a model's those of the agents that named it
 * last. Sums, extremes and sketches merge as they do over cuts: where every agent fits, the scope says what the fleet says.
 */

/** Agents that one scope may have where their figures are summed: docs/scope.md says what that costs. */
export const MAX_SCOPE_AGENTS = 1_000;
const MAX_SCOPE_HOSTS = 1_000;
/** Up to so many agents are looked at as they speak; of more the last cuts, some ten seconds, are still to come. */
const MAX_WATCHED = 200;

export interface ScopedAgent {
  readonly agent_id: string;
  readonly model: string | null;
}

export interface Scope {
  /** Agents that carry the labels. Problem: `scope-too-large` for more than 1,000. */
  agents(labels: Labels): Promise<ScopedAgent[]>;
  /** Hosts that carry the labels, the last seen first. Problem: `scope-too-large` for more than 1,000. */
  hosts(labels: Labels): Promise<string[]>;
  /** Reads windows of what carries the labels alone; everything where there are none. */
  reader(labels: Labels | null): ReadWindows;
}

/** Says that somebody looks at some agents now. */
type LookAt = (set: 'agent', agentIds: readonly string[]) => Promise<void>;

/** Without `lookAt` figures end with the last cuts. */
export function createScope(query: ReadRows, readWindows: ReadWindows, lookAt: LookAt | null = null): Scope {
  async function agents(labels: Labels): Promise<ScopedAgent[]> {
    const rows = await query<ScopedAgent>(
      'scope.agents',
      'select agent_id, model from agents where labels @> $1::jsonb limit $2',
      [JSON.stringify(labels), MAX_SCOPE_AGENTS + 1],
    );
    if (rows.length > MAX_SCOPE_AGENTS) throw tooLarge('agents', MAX_SCOPE_AGENTS);
    return rows;
  }

  async function hosts(labels: Labels): Promise<string[]> {
    const rows = await query<{ host_id: string }>(
      'scope.hosts',
      'select host_id from hosts where labels @> $1::jsonb order by last_seen desc, host_id limit $2',
      [JSON.stringify(labels), MAX_SCOPE_HOSTS + 1],
    );
    if (rows.length > MAX_SCOPE_HOSTS) throw tooLarge('hosts', MAX_SCOPE_HOSTS);
    return rows.map((row) => row.host_id);
  }

  /** The windows of agents, those of one group as one. */
  async function grouped(labels: Labels, request: Parameters<ReadWindows>[0], groupOf: (agent: ScopedAgent) => string) {
    const fitting = await agents(labels);
    const groups = new Map(fitting.map((agent) => [agent.agent_id, groupOf(agent)]));
    const keys = [...groups].filter(([, group]) => request.keys?.includes(group) ?? true).map(([agentId]) => agentId);
    if (keys.length <= MAX_WATCHED) await lookAt?.('agent', keys);
    return readWindows({ ...request, set: 'agent', keys, keyOf: (agentId) => groups.get(agentId) ?? NONE });
  }

  function scoped(labels: Labels): ReadWindows {
    return async (request) => {
      const { set, keys } = request;
      switch (set) {
        case 'fleet':
          return grouped(labels, request, () => WHOLE);
        case 'model':
          return grouped(labels, request, ({ model }) => model ?? NONE);
        case 'agent': {
          const fitting = new Set((await agents(labels)).map((agent) => agent.agent_id));
          return readWindows({ ...request, keys: (keys ?? [...fitting]).filter((key) => fitting.has(key)) });
        }
        case 'host': {
          const fitting = new Set(await hosts(labels));
          return readWindows({ ...request, keys: keys?.filter((key) => fitting.has(key.slice(key.indexOf('/') + 1))) ?? [] });
        }
        case 'message_type':
        case 'tasks':
        case 'workflow':
          throw new RangeError(`${set} is not kept by agent`);
        default:
          return set satisfies never;
      }
    };
  }

  return {
    agents,
    hosts,
    reader: (labels) => {
      if (labels === null) return readWindows;
      const read = scoped(labels);
      return async (request) => {
        try {
          return await read(request);
        } catch (error) {
          if (!(error instanceof TooManyRows)) throw error;
          throw new HttpProblem(
            422,
            'scope-too-much-data',
            'what carries these labels has sent too much in this range to be summed here: shorten the range, lengthen the step or ' +
              'add a label',
          );
        }
      };
    },
  };
}

function tooLarge(what: 'agents' | 'hosts', most: number): HttpProblem {
  const detail = `more than ${most.toLocaleString('en')} ${what} carry these labels, too many to be summed here: add a label`;
  return new HttpProblem(422, 'scope-too-large', detail);
}
