import type { TaskEvent, TaskStatus } from '@fleetbeat/contracts/events.ts';
import type { Bundle } from './event-queue.ts';
import type { SimulatedAgent } from './fleet.ts';
import { createRandom, createWeighted, type Random } from './random.ts';
import type { Draft, Setting } from './draft.ts';

/** Events of one task on average: created, started, progress, an end. */
export const EVENTS_PER_TASK = 5;

const ENDS: readonly TaskStatus[] = ['completed', 'failed', 'cancelled'];
const drawEnd = createWeighted([84, 11, 5]);
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'code-review': ['Review pull request', 'Check dependency update'],
  'feature-work': ['Add search filter', 'Fix flaky test', 'Split the cart page'],
  'ticket-triage': ['Sort new tickets', 'Answer refund question'],
  'weekly-report': ['Refresh revenue figures', 'Chart churn by region'],
  research: ['Compare vendors', 'Collect release notes'],
  'incident-response': ['Find cause of latency', 'Restart stuck worker'],
};

/** A task begins every `everyMs` on average; each is created, started, makes progress and ends. */
export function* taskLives({ seed, fleet, plan }: Setting, { everyMs }: { everyMs: number }): Generator<Bundle<Draft>> {
  const random = createRandom(seed, 'tasks');
  // Lives are short enough that most of them end within the run.
  const medianMs = Math.min(40_000, plan.span / 6);
  let begins = everyMs * random.next();
  for (let number = 1; begins <= plan.span; number += 1) {
    const agent = random.pick(fleet.agents);
    const taskId = `task-${plan.run}-${String(number).padStart(6, '0')}`;
    const steps = taskSteps(random, agent, plan.wallTime(begins), medianMs);
    const events = steps.map(({ after, body }, seq): Draft => {
      const offset = begins + after;
      return {
        at: offset,
        offset,
        behaviour: 'regular',
        topic: 'task-events',
        key: taskId,
        body: { task_id: taskId, ...body, seq },
      };
    });
    yield { from: begins, events };
    begins -= everyMs * Math.log(1 - random.next());
  }
}

type Step = { after: number; body: Omit<TaskEvent, 'task_id'> & { status: TaskStatus } };

function taskSteps(random: Random, agent: SimulatedAgent, createdAt: number, medianMs: number): Step[] {
  const wait = 0.2 * medianMs * random.next();
  const life = medianMs * Math.exp(0.6 * random.normal());
  const end = ENDS[drawEnd(random)] ?? 'completed';
  const updates = 1 + random.int(3);
  const name = random.pick(NAMES[agent.role.workflow] ?? ['Look into it']);
  const steps: Step[] = [
    {
      after: 0,
      body: {
        status: 'pending',
        name,
        description: `${name} for ${agent.role.project}`,
        priority: random.pick(['high', 'medium', 'medium', 'low'] as const),
        workflow_id: agent.role.workflow,
        agent_id: agent.id,
        due_date: Math.floor(createdAt + 600_000 * (1 + random.int(12))),
      },
    },
    { after: wait, body: { status: 'in_progress', progress: 0, agent_id: agent.id } },
  ];
  for (let update = 1; update <= updates; update += 1) {
    const share = update / (updates + 1);
    steps.push({ after: wait + life * share, body: { status: 'in_progress', progress: Math.round(100 * share) } });
  }
  const last: Step['body'] = { status: end };
  if (end === 'completed') {
    Object.assign(last, { progress: 100, duration_seconds: Math.round(life) / 1_000, result: { summary: `${name}: done` } });
  }
  if (end === 'failed') last.error = random.pick(['the model refused', 'tests stayed red', 'no access to the repository']);
  steps.push({ after: wait + life, body: last });
  return steps;
}
