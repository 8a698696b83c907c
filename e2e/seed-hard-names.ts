import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, List } from '@fleetbeat/contracts/api.ts';
import type { Incident } from '@fleetbeat/contracts/incidents.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import type { Template, Workflow } from '@fleetbeat/contracts/workflows.ts';
import type { ScreenFacts } from './dashboard-screens.ts';
import { addPerson } from './seed-incidents.ts';
import { postTo } from './post-to.ts';
import { sendEvents } from './send-events.ts';
import type { RunningSystem } from './start-system.ts';

/** Markup, text from right to left, and a word without an end. */
const NAMES = [
  '<script>alert("x")</script> & <img src=x onerror=alert(1)>',
  'تقرير المبيعات الشهري – ملخص الربع الثالث (מכירות)',
  `Unbroken-${'abcdefghij'.repeat(20)}`,
] as const;
const DAY = 86_400_000;
const APPEARS_WITHIN_MS = 60_000;

/** Everything that has a name, under names that are hard to show; of each as many as there are such names. Answers the last of each. */
export async function seedHardNames(
  system: Pick<RunningSystem, 'api' | 'ingest' | 'key' | 'get'>,
): Promise<Partial<ScreenFacts>> {
  const facts: { -readonly [Fact in keyof ScreenFacts]?: string } = {};
  const add = async (path: string, body: unknown) => (await postTo<{ id: string }>(system, path, body)).id;
  const today = new Date(Date.now() - DAY).toISOString().slice(0, 10);
  await sendEvents(
    system,
    NAMES.flatMap((agent_id) => [
      { agent_id, message_type: 'heartbeat', capabilities: [agent_id.slice(0, 64)] },
      ...Array.from({ length: 5 }, () => ({ agent_id, message_type: 'error', error_details: agent_id, model_used: agent_id })),
    ]),
  );
  // Tasks are given to agents that are known.
  await until(async () => {
    const { items } = await system.get<List<Agent>>('/agents?limit=500');
    return NAMES.every((name) => items.some(({ agent_id: id }) => id === name));
  });

  for (const [index, name] of NAMES.entries()) {
    const short = name.slice(0, 80);
    const person = await addPerson(system, `n${index} ${name}`.slice(0, 100), 'operator');
    const channel = await add('/channels', { type: 'webhook', name: short, config: { url: 'https://hooks.example.org/x' } });
    const layers = [{ name: short, users: [person], starts_on: today, turn: { unit: 'weeks', count: 1 } }];
    const schedule = await add('/schedules', { name: short, time_zone: 'Asia/Riyadh', layers });
    const steps = [
      {
        after_s: 0,
        targets: [
          { type: 'schedule', id: schedule },
          { type: 'user', id: person },
        ],
      },
    ];
    const escalation = await add('/escalations', { name: short, steps });
    const matchers = [{ label: 'agent', value: name }];
    await add('/routes', { name: short, matchers, channels: [channel], escalation_id: escalation, group_wait_s: 0 });
    await postTo(system, '/silences', { comment: name, matchers: [{ label: 'team', value: name }], ends_at: Date.now() + DAY });
    facts.rule = await add('/rules', {
      kind: 'threshold',
      name: short,
      watch: { set: 'agent', keys: [name] },
      measure: 'error_rate',
      window: '1h',
      error: { threshold: 0.5 },
      annotations: { summary: name },
    });
    await postTo(system, '/keys', { name: short, scopes: ['read'], expires_at: null });
    const task = await postTo<Task>(system, '/tasks', { name, description: `${name}\n\n${name}`, agent_id: name });
    facts.task = task.task_id;
    await postTo(system, '/comments', { entity_type: 'task', entity_id: task.task_id, text: name });
    const plan = [
      { key: 'a', name },
      { key: 'b', name, depends_on: ['a'] },
    ];
    const meant = { name, description: name, tasks: plan };
    const { template_id: template } = await postTo<Template>(system, '/workflow-templates', meant);
    ({ workflow_id: facts.workflow } = await postTo<Workflow>(system, `/workflow-templates/${template}/runs`, { name }));
  }

  await until(async () => {
    const { items } = await system.get<List<Incident>>('/incidents?limit=200&q=Unbroken');
    if (items[0] !== undefined) facts.incident = String(items[0].id);
    return facts.incident !== undefined;
  });
  for (const [index, name] of NAMES.entries()) {
    const suggestion = { agent_id: name, action: `${index} ${name}`, reasoning: `${name}\n${name}`, confidence: 0.5 };
    facts.suggestion = await add('/suggestions', suggestion);
    facts.agent = encodeURIComponent(name);
  }
  return facts;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + APPEARS_WITHIN_MS; !(await isSo());) {
    if (Date.now() > deadline) throw new Error('what is hard to show did not appear');
    await sleep(500);
  }
}
