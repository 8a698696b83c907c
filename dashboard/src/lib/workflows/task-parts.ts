import type { Workflow } from '@fleetbeat/contracts/workflows.ts';

/** What the tasks of a workflow do, as shares of a bar and as words. Pure. */

export interface TaskPart {
  readonly kind: 'completed' | 'in_progress' | 'failed' | 'pending' | 'cancelled';
  readonly count: number;
  readonly words: string;
}

const WORDS = [
  ['completed', 'done'],
  ['in_progress', 'running'],
  ['failed', 'failed'],
  ['pending', 'to do'],
  ['cancelled', 'cancelled'],
] as const;

/** The parts that there are, in the order of the bar: what is done first, what is left last. */
export function taskParts(tasks: Workflow['tasks']): TaskPart[] {
  const counts = { ...tasks, pending: openTasks(tasks) - tasks.in_progress };
  return WORDS.map(([kind, word]) => ({ kind, count: counts[kind], words: `${counts[kind]} ${word}` })).filter(
    ({ count }) => count > 0,
  );
}

/** How many have not ended, those that wait for others among them. */
export function openTasks({ total, completed, failed, cancelled }: Workflow['tasks']): number {
  return total - completed - failed - cancelled;
}

/** "3 of 8 done, 1 running, 2 failed" */
export function partsText(tasks: Workflow['tasks']): string {
  if (tasks.total === 0) return 'No tasks yet';
  const others = taskParts(tasks).filter(({ kind }) => kind === 'in_progress' || kind === 'failed');
  return [`${tasks.completed} of ${tasks.total} done`, ...others.map(({ words }) => words)].join(', ');
}
