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

/** Dashboards to be looked at: the one that a new installation is offered last, so that it is the first of the list. */
export async function seedDashboards(system: Pick<RunningSystem, 'api' | 'key'>): Promise<void> {
  for (const dashboard of [LONG, STARTER]) await postTo(system, '/dashboards', dashboard);
}
