import { setTimeout as sleep } from 'node:timers/promises';
import type { Claimed } from '@fleetbeat/contracts/task-leases.ts';
import type { Template, Workflow } from '@fleetbeat/contracts/workflows.ts';
import { postTo } from './post-to.ts';
import type { RunningSystem } from './start-system.ts';

const REPORT = {
  name: 'Quarterly report',
  description: 'Figures, charts and text for the board, every quarter.',
  tasks: [
    { key: 'fetch', name: 'Fetch the figures of the quarter' },
    { key: 'customers', name: 'Export the customer list' },
    { key: 'join', name: 'Clean and join', depends_on: ['fetch', 'customers'] },
    { key: 'charts', name: 'Draw the charts', depends_on: ['join'] },
    { key: 'text', name: 'Write the summary', depends_on: ['join'] },
    { key: 'check', name: 'Check numbers against the ledger', depends_on: ['fetch', 'text'] },
    { key: 'pages', name: 'Lay out the pages', depends_on: ['charts', 'text'] },
    { key: 'send', name: 'Send it to the board', depends_on: ['pages', 'check'] },
  ],
};

/** A template, a run of it that an agent has worked on, and one that was cancelled. To be called while the board is empty. */
export async function seedWorkflows(system: Pick<RunningSystem, 'api' | 'key' | 'get'>): Promise<void> {
  const tasks = `/agents/${encodeURIComponent(await firstAgent(system))}/tasks`;
  const template = await postTo<Template>(system, '/workflow-templates', REPORT);
  const runs = `/workflow-templates/${template.template_id}/runs`;
  const cancelled = await postTo<Workflow>(system, runs, { name: 'Report of the second quarter' });
  await postTo(system, `/workflows/${cancelled.workflow_id}/cancel`, {});
  const { workflow_id: run } = await postTo<Workflow>(system, runs, { name: 'Report of the third quarter' });
  // The first two, what waits for them, one that is given back, and two that go on.
  for (const end of ['complete', 'complete', 'release', null]) {
    const claimed = await postTo<Claimed>(system, `${tasks}/claim`, { limit: 100, lease_seconds: 3_600 });
    for (const { task, lease } of claimed.items) {
      const meant = task.workflow_id === run ? end : 'release';
      if (meant !== null) {
        await postTo(system, `${tasks}/${encodeURIComponent(task.task_id)}/${meant}`, { lease_token: lease.lease_token });
      }
    }
  }
}

/** An agent is known once the first cut of its source is. */
async function firstAgent(system: Pick<RunningSystem, 'get'>): Promise<string> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const { items } = await system.get<{ items: { agent_id: string }[] }>('/agents?limit=1');
    if (items[0] !== undefined) return items[0].agent_id;
    await sleep(200);
  }
  throw new Error('no agent is known');
}
