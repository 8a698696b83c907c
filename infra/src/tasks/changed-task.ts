import type { TaskState } from '@fleetbeat/contracts/task-state.ts';

export interface ChangedTask {
  /** Null where the task was not known. */
  readonly before: TaskState | null;
  readonly after: TaskState;
}
