import type { TaskStatus } from '@fleetbeat/contracts/events.ts';
import { createRandom } from '../random.ts';

/** Tasks that one workflow of the run has at most, and of how many others one of them waits for. */
export const WORKFLOW_SIZE = 50;
const MAX_WAITS = 2;
/** Share of tasks that belong to workflows, and of those that no agent can do. */
const IN_WORKFLOWS = 0.5;
const HOPELESS = 0.005;

const PRIORITIES = ['high', 'medium', 'low'] as const;

/** A task that the run makes. Its name is the run's own, so that it is found again. */
export interface PlannedTask {
  readonly name: string;
  readonly priority: (typeof PRIORITIES)[number];
  /** Names of tasks of the same workflow. */
  readonly waitsFor: readonly string[];
  readonly end: Extract<TaskStatus, 'completed' | 'failed'>;
}

export interface PlannedWork {
  /** Made one by one. */
  readonly single: readonly PlannedTask[];
  /** Each made whole. */
  readonly workflows: readonly { readonly name: string; readonly tasks: readonly PlannedTask[] }[];
}

/** What an agent does with a task that it was given. */
export type Fate =
  | 'completes'
  /** Tells that it could not. */
  | 'fails'
  /** Is killed with all that it holds. */
  | 'dies'
  /** Goes on once its lease has run out, and is to be refused. */
  | 'oversleeps';

/** The tasks of a run: the same for the same seed, but for the run's name in theirs. */
export function planWork(run: string, seed: number, tasks: number): PlannedWork {
  const random = createRandom(seed, 'work');
  const inWorkflows = Math.floor(tasks * IN_WORKFLOWS);
  const single = Array.from({ length: tasks - inWorkflows }, (_, index): PlannedTask => ({
    name: `${run} task ${index + 1}`,
    priority: random.pick(PRIORITIES),
    waitsFor: [],
    end: random.chance(HOPELESS) ? 'failed' : 'completed',
  }));
  const workflows = Array.from({ length: Math.ceil(inWorkflows / WORKFLOW_SIZE) }, (_, index) => {
    const name = `${run} workflow ${index + 1}`;
    const size = Math.min(WORKFLOW_SIZE, inWorkflows - index * WORKFLOW_SIZE);
    const steps: PlannedTask[] = [];
    for (let step = 0; step < size; step += 1) {
      const waits = step === 0 ? 0 : random.int(MAX_WAITS + 1);
      const waitsFor = [...new Set(Array.from({ length: waits }, () => random.pick(steps).name))];
      // All of them can be done, or those behind them would wait for ever.
      steps.push({ name: `${name} step ${step + 1}`, priority: random.pick(PRIORITIES), waitsFor, end: 'completed' });
    }
    return { name, tasks: steps };
  });
  return { single, workflows };
}

/** What becomes of one attempt at a task. */
export function fateOf(seed: number, task: string, attempt: number): Fate {
  const draw = createRandom(seed, `fate of ${task}/${attempt}`).next();
  if (draw < 0.02) return 'dies';
  if (draw < 0.03) return 'oversleeps';
  return draw < 0.06 ? 'fails' : 'completes';
}
