import { STARTER } from '../dashboard/src/lib/dashboards/starter.ts';
import type { RuleInput } from '@fleetbeat/contracts/rules.ts';
import { postTo } from './post-to.ts';
import type { RunningSystem } from './start-system.ts';

/** What people add to a fleet: tasks in every state, what agents suggest, rules of which some fire, and a dashboard. */
export async function seedBoard(system: Pick<RunningSystem, 'api' | 'key' | 'get'>): Promise<void> {
  const HOUR = 3_600_000;
  const tasks = [
    { name: 'Summarise the support tickets of last week', status: 'pending', priority: 'high', due_date: Date.now() + 5 * HOUR },
    { name: 'Re-index the product manuals', status: 'pending', priority: 'low' },
    { name: 'Translate the release notes into German and French', status: 'in_progress', priority: 'medium', progress: 40 },
    {
      name: 'Find contracts that end this quarter',
      status: 'in_progress',
      priority: 'high',
      progress: 85,
      due_date: Date.now() - HOUR,
    },
    { name: 'Score the answers of the new prompt', status: 'completed', priority: 'medium', progress: 100 },
    {
      name: 'Import the archive of 2019',
      status: 'failed',
      priority: 'low',
      error: 'The archive is encrypted and no key was given.',
    },
  ];
  for (const task of tasks) await postTo(system, '/tasks', task);
  await seedSuggestions(system);
  const rules: RuleInput[] = [
    {
      kind: 'threshold',
      name: 'Answers are slow',
      watch: { set: 'fleet' },
      measure: 'response_time_p95',
      window: '1h',
      warning: { threshold: 1_000 },
      annotations: { summary: 'p95 is {{value}}, over {{threshold}}' },
    },
    {
      kind: 'threshold',
      name: 'Too many errors',
      watch: { set: 'agent' },
      measure: 'error_rate',
      window: '1h',
      warning: { threshold: 0.02, recovery: 0.01 },
      error: { threshold: 0.5 },
      min_messages: 20,
    },
    {
      kind: 'threshold',
      name: 'A disk fills up',
      watch: { set: 'host' },
      measure: 'disk_usage',
      warning: { threshold: 80 },
      for_s: 300,
    },
  ];
  for (const rule of rules) await postTo(system, '/rules', rule);
  await postTo(system, '/dashboards', STARTER);
}

/** What agents suggest; nothing where there is none that could. */
async function seedSuggestions(system: Pick<RunningSystem, 'api' | 'key' | 'get'>): Promise<void> {
  const { items: agents } = await system.get<{ items: { agent_id: string }[] }>('/agents?limit=3');
  const { items: failed } = await system.get<{ items: { task_id: string }[] }>('/tasks?status=failed&limit=1');
  const suggestions = [
    {
      action: 'Retry the task',
      reasoning: 'The key of the archive was sent ten minutes ago. Nothing was written before the failure.',
      confidence: 0.92,
      task_id: failed[0]?.task_id ?? null,
      effect: failed.length === 0 ? null : { type: 'set_task_status', status: 'pending' },
    },
    {
      action: 'Pause this agent',
      reasoning: 'Three of the last five answers were rated as wrong. Somebody should look before it goes on.',
      confidence: 0.64,
      effect: { type: 'pause_agent' },
    },
    {
      action: 'Read the manuals again',
      reasoning: 'Two of them were replaced since they were indexed, and answers still quote the old ones.',
      confidence: 0.78,
    },
  ];
  for (const [index, { agent_id }] of agents.entries()) await postTo(system, '/suggestions', { agent_id, ...suggestions[index] });
}
