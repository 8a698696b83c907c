import type { Agent, Host, List } from '@fleetbeat/contracts/api.ts';
import type { DashboardInput } from '@fleetbeat/contracts/dashboards.ts';
import { STARTER } from '../dashboard/src/lib/dashboards/starter.ts';
import { postTo } from './post-to.ts';
import type { RunningSystem } from './start-system.ts';

const LONG: DashboardInput = {
  name: 'Night watch: a dashboard with a name that goes on for longer than anybody reads, 夜間監視, مراقبة الليل',
  description: 'Of the night shift.',
  variables: [],
  panels: [{ kind: 'text', id: 'note', x: 0, y: 0, w: 12, h: 3, text: '# Who to call\nThe night shift, first.' }],
};

/** Of agents and hosts by name: what the one that a new installation is offered has none of. */
export const KINDS = 'Kinds of panels';

/** Dashboards to be looked at: the one that a new installation is offered last, so that it is the first of the list. */
export async function seedDashboards(system: Pick<RunningSystem, 'api' | 'key' | 'get'>): Promise<void> {
  const agents = (await system.get<List<Agent>>('/agents?limit=4')).items.map((one) => one.agent_id);
  const hosts = (await system.get<List<Host>>('/hosts?limit=3')).items.map((one) => one.host_id);
  const [agent = 'agent-1'] = agents;
  const kinds: DashboardInput = {
    name: KINDS,
    description: 'One of each, of agents and hosts by name.',
    variables: [{ name: 'agent', set: 'agent', value: agent }],
    panels: [
      { kind: 'status', id: 'status', title: 'Who was there', x: 0, y: 0, w: 8, h: 5, set: 'agent', keys: agents },
      {
        kind: 'text',
        id: 'note',
        x: 8,
        y: 0,
        w: 4,
        h: 5,
        text: '# Who to call\nThe night shift, first: https://example.org/rota\n\nThen whoever is on call.',
      },
      series('gauges', 'Hosts now', 0, 5, 6, 4, 'host', hosts, ['cpu_usage', 'memory_usage'], 'gauge'),
      series('chosen', 'Chosen agent', 6, 5, 6, 4, 'agent', ['$agent'], ['response_time_p50', 'response_time_p95'], 'line'),
      series('table', 'Agents', 0, 9, 7, 4, 'agent', agents, ['total_messages', 'error_rate', 'response_time_p95'], 'table'),
      series('bars', 'Tokens by agent', 7, 9, 5, 4, 'agent', agents, ['total_tokens_used'], 'bars'),
      series('network', 'Network', 0, 13, 12, 4, 'host', hosts, ['net_rx_bytes_per_s'], 'area'),
    ],
  };
  for (const dashboard of [LONG, kinds, STARTER]) await postTo(system, '/dashboards', dashboard);
}

type Panel = NonNullable<DashboardInput['panels']>[number];
type SeriesPanel = Extract<Panel, { kind: 'series' }>;

function series(
  id: string,
  title: string,
  x: number,
  y: number,
  w: number,
  h: number,
  set: SeriesPanel['set'],
  keys: string[],
  measures: SeriesPanel['measures'],
  display: SeriesPanel['display'],
): Panel {
  return { kind: 'series', id, title, x, y, w, h, set, keys, measures, display };
}
