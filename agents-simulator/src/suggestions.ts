import { listSchema } from '@fleetbeat/contracts/api.ts';
import type { Body } from '@fleetbeat/contracts/client/client.ts';
import { taskSchema, type Task } from '@fleetbeat/contracts/tasks.ts';
import type { Platform } from './platform.ts';
import { createRandom, type Random } from './random.ts';
import { requestOf } from './work/calls.ts';

type NewSuggestion = Body<'post /suggestions'>;
type GivenTask = Task & { readonly agent_id: string };

/** Shortest and longest time between two suggestions, and between the first ones, in milliseconds. */
const PAUSE_MS = [60_000, 180_000] as const;
const FIRST = 4;
const FIRST_PAUSE_MS = 5_000;

interface Idea {
  readonly action: string;
  readonly reasonings: readonly string[];
  readonly effect: NewSuggestion['effect'];
}

const RETRY: Idea = {
  action: 'Retry the task',
  reasonings: [
    'It failed while its source was away. The source has answered every check for ten minutes.',
    'The tool that it needs timed out three times in a row, and answers within a second now.',
    'It ran out of memory beside another task. That one has ended.',
  ],
  effect: { type: 'set_task_status', status: 'pending' },
};
const CANCEL: Idea = {
  action: 'Cancel the task',
  reasonings: [
    'The same was asked for twice within a minute, and the other one is under way.',
    'What it should look at was deleted this morning.',
  ],
  effect: { type: 'set_task_status', status: 'cancelled' },
};
const PAUSE: Idea = {
  action: 'Pause this agent',
  reasonings: ['Three of its last five answers were rated as wrong. Somebody should look before it goes on.'],
  effect: { type: 'pause_agent' },
};

/** Has the agents of tasks suggest something now and then, until `signal`. What is refused or fails is let be. */
export async function suggestNowAndThen(platform: Platform, api: string, seed: number, signal: AbortSignal): Promise<void> {
  const random = createRandom(seed, 'suggestions');
  for (let number = 0; !signal.aborted; number += 1) {
    const [shortest, longest] = PAUSE_MS;
    await pause(number < FIRST ? FIRST_PAUSE_MS : shortest + (longest - shortest) * random.next(), signal);
    if (!signal.aborted) await suggestOne(platform, api, random).catch(() => undefined);
  }
}

async function suggestOne(platform: Platform, api: string, random: Random): Promise<void> {
  const status = random.chance(0.7) ? 'failed' : 'in_progress';
  const tasks = await platform.get('get /tasks', { query: { status, limit: 50 } }, listSchema(taskSchema));
  const some = tasks?.items.filter((one): one is GivenTask => one.agent_id !== null) ?? [];
  if (some.length === 0) return;
  const task = random.pick(some);
  const idea = random.chance(0.08) ? PAUSE : status === 'failed' ? RETRY : CANCEL;
  const { url, body } = requestOf('post /suggestions', { body: suggestionOf(task, idea, random) });
  await fetch(`${api}${url}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${platform.key ?? ''}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}

function suggestionOf(
  { agent_id, task_id, name }: GivenTask,
  { action, reasonings, effect }: Idea,
  random: Random,
): NewSuggestion {
  return {
    agent_id,
    action,
    reasoning: `${name ?? task_id}: ${random.pick(reasonings)}`,
    confidence: Math.round((0.45 + 0.54 * random.next()) * 100) / 100,
    task_id: action === PAUSE.action ? null : task_id,
    effect,
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
