import { findCycle } from '@fleetbeat/contracts/dependency-graph.ts';
import type { PlannedTask } from '@fleetbeat/contracts/workflows.ts';
import { applyTaskChange, versionAfter, type TaskFields, type TaskState } from '@fleetbeat/contracts/task-state.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';

/** Throws the problem `repeated-key`, `unknown-dependency` (422) or `cycle` (409) where tasks cannot wait for each other so. */
export function checkPlan(plan: readonly PlannedTask[]): void {
  const edges = new Map<string, readonly string[]>();
  for (const { key, depends_on: dependsOn } of plan) {
    if (edges.has(key)) throw new HttpProblem(422, 'repeated-key', `tasks: the key ${key} is there twice`);
    edges.set(key, dependsOn);
  }
  for (const [key, dependsOn] of edges) {
    const unknown = dependsOn.find((other) => !edges.has(other));
    if (unknown !== undefined) {
      throw new HttpProblem(422, 'unknown-dependency', `tasks: ${key} depends on ${unknown}, which is not among the tasks`);
    }
  }
  const cycle = findCycle(edges);
  if (cycle !== null) {
    throw new HttpProblem(409, 'cycle', `tasks would wait for each other in a circle: ${cycle.join(' → ')}`);
  }
}

/** The tasks of a plan that has been checked, as they are stored when the workflow begins at `now`; ids come from `newId`. */
export function plannedTasks(
  plan: readonly PlannedTask[],
  workflowId: string,
  createdBy: string,
  now: number,
  newId: () => string,
): Map<string, TaskState> {
  const ids = new Map(plan.map(({ key }) => [key, newId()]));
  const idOf = (key: string): string => ids.get(key) ?? key;
  return new Map(
    plan.map((planned) => {
      const { key, due_in_seconds: dueIn, depends_on: dependsOn, capabilities, max_attempts, timeout_seconds, ...said } = planned;
      const fields: TaskFields = { ...said, workflow_id: workflowId, due_date: dueIn === null ? null : now + dueIn * 1_000 };
      const task: TaskState = {
        ...applyTaskChange(null, idOf(key), fields, versionAfter(null, fields, now)),
        ...{ capabilities, max_attempts, timeout_seconds },
        depends_on: dependsOn.map(idOf),
        waiting_for: dependsOn.length,
        created_by: createdBy,
      };
      return [task.task_id, task];
    }),
  );
}
