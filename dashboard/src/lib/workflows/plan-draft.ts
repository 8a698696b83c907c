import { findCycle } from '@fleetbeat/contracts/dependency-graph.ts';
import {
  templateInputSchema,
  type PlannedTask,
  type plannedTaskSchema,
  type TemplateInput,
} from '@fleetbeat/contracts/workflows.ts';
import type * as z from 'zod';
import type { Mistake } from '../api/mistakes.ts';
import { readDraft, type ReadDraft } from '../ui/json-draft.ts';

/** The plan of a workflow while it is being written. Pure. */

export function readTemplate(value: unknown): ReadDraft<TemplateInput> {
  return readDraft(
    templateInputSchema,
    (given) => ({ ...given, description: given.description ?? null, tasks: given.tasks.map(taskOf) }),
    value,
  );
}

const BLANK = {
  description: null,
  priority: 'medium',
  capabilities: [],
  max_attempts: 3,
  timeout_seconds: null,
  due_in_seconds: null,
  depends_on: [],
} satisfies Omit<PlannedTask, 'key' | 'name'>;

function taskOf(given: z.input<typeof plannedTaskSchema>): PlannedTask {
  return {
    key: given.key,
    name: given.name,
    description: given.description ?? BLANK.description,
    priority: given.priority ?? BLANK.priority,
    capabilities: given.capabilities ?? [],
    max_attempts: given.max_attempts ?? BLANK.max_attempts,
    timeout_seconds: given.timeout_seconds ?? BLANK.timeout_seconds,
    due_in_seconds: given.due_in_seconds ?? BLANK.due_in_seconds,
    depends_on: [...new Set(given.depends_on)],
  };
}

/** Another task, with a key that none has; after the last one unless told otherwise. */
export function newTask(tasks: readonly PlannedTask[]): PlannedTask {
  const taken = new Set(tasks.map(({ key }) => key));
  let number = tasks.length + 1;
  while (taken.has(`task-${number}`)) number += 1;
  const last = tasks.at(-1);
  return { ...BLANK, capabilities: [], key: `task-${number}`, name: '', depends_on: last === undefined ? [] : [last.key] };
}

export function newTemplate(): TemplateInput {
  return { name: '', description: null, tasks: [newTask([])] };
}

/** Gives a task another key; those that wait for it go on to. Changes the tasks. */
export function renameTask(tasks: readonly PlannedTask[], index: number, key: string): void {
  const task = tasks[index];
  if (task === undefined) return;
  const before = task.key;
  task.key = key;
  // Another of the same key is the one that is meant.
  if (tasks.some((one) => one.key === before)) return;
  for (const one of tasks) one.depends_on = one.depends_on.map((other) => (other === before ? key : other));
}

/** Takes a task away; nothing waits for it any more. Changes the tasks. */
export function removeTask(tasks: PlannedTask[], index: number): void {
  const [gone] = tasks.splice(index, 1);
  for (const one of tasks) one.depends_on = one.depends_on.filter((other) => other !== gone?.key);
}

/** Why tasks cannot wait for each other so, at the places of the template: what the server would refuse. */
export function planMistakes(tasks: readonly PlannedTask[]): Mistake[] {
  const mistakes: Mistake[] = [];
  const edges = new Map<string, readonly string[]>();
  for (const [index, { key, depends_on: firsts }] of tasks.entries()) {
    if (edges.has(key)) mistakes.push({ place: `tasks.${index}.key`, message: 'another task has this key' });
    else edges.set(key, firsts);
  }
  for (const [index, { depends_on: firsts }] of tasks.entries()) {
    for (const first of firsts) {
      if (!edges.has(first)) mistakes.push({ place: `tasks.${index}.depends_on`, message: `there is no task ${first}` });
    }
  }
  const cycle = findCycle(edges);
  if (cycle !== null) {
    const nameOf = (key: string) => tasks.find((one) => one.key === key)?.name || key;
    const message = `waits for itself: ${cycle.map(nameOf).join(', which waits for ')}`;
    mistakes.push({ place: `tasks.${tasks.findIndex(({ key }) => key === cycle[0])}.depends_on`, message });
  }
  return mistakes;
}
