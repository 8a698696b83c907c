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

/** Whether a run of the simulator has made the task: people name theirs otherwise. */
export function isSimulatedTask(taskId: string): boolean {
  return /^task-[0-9a-f]{8}-\d{6,}$/.test(taskId);
}

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
    yield { from: begins, events: steps.map((step, seq) => draftOf(taskId, begins, step, seq)) };
    begins -= everyMs * Math.log(1 - random.next());
  }
}

/** A task that an earlier run of the fleet has left open. */
export interface LeftTask {
  readonly id: string;
  readonly name: string;
  /** Its agent was at it. */
  readonly begun: boolean;
}

/** Within how long after the start of the live part what was left is taken up, and then ended, in milliseconds. */
const TAKEN_UP_MS = 5_000;

/** The agents that are back end what they had left. */
export function* leftTasks({ seed, plan }: Setting, tasks: readonly LeftTask[]): Generator<Bundle<Draft>> {
  const random = createRandom(seed, 'left tasks');
  const start = Number.isFinite(plan.liveFrom) ? plan.liveFrom : 0;
  for (const { id, name, begun } of tasks) {
    const wait = TAKEN_UP_MS * random.next();
    const life = TAKEN_UP_MS * random.next();
    const steps: Step[] = begun ? [] : [{ after: wait, body: { status: 'in_progress' } }];
    steps.push({ after: wait + life, body: endOf(random, name) });
    yield { from: start, events: steps.map((step) => draftOf(id, start, step)) };
  }
}

type Step = { after: number; body: Omit<TaskEvent, 'task_id'> & { status: TaskStatus } };

function taskSteps(random: Random, agent: SimulatedAgent, createdAt: number, medianMs: number): Step[] {
  const wait = 0.2 * medianMs * random.next();
  const life = medianMs * Math.exp(0.6 * random.normal());
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
  steps.push({ after: wait + life, body: endOf(random, name, life) });
  return steps;
}

/** How a task ends that took `life` milliseconds, where that is known. */
function endOf(random: Random, name: string, life?: number): Step['body'] {
  const status = ENDS[drawEnd(random)] ?? 'completed';
  const end: Step['body'] = { status };
  if (status === 'completed') Object.assign(end, { progress: 100, result: { summary: `${name}: done` } });
  if (status === 'completed' && life !== undefined) end.duration_seconds = Math.round(life) / 1_000;
  if (status === 'failed') end.error = random.pick(['the model refused', 'tests stayed red', 'no access to the repository']);
  return end;
}

function draftOf(taskId: string, start: number, { after, body }: Step, seq?: number): Draft {
  const offset = start + after;
  const event: TaskEvent = { task_id: taskId, ...body };
  if (seq !== undefined) event.seq = seq;
  return { at: offset, offset, behaviour: 'regular', topic: 'task-events', key: taskId, body: event };
}
