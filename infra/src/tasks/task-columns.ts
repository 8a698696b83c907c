/** Every column of a `TaskState` but its revision, which the table counts. */
export const TASK_COLUMNS = `task_id, name, description, status, priority, workflow_id, agent_id, due_date, progress, result, error,
  attempts, created_at, started_at, completed_at, created_by, depends_on, waiting_for, capabilities, max_attempts,
  timeout_seconds, claims, not_before, reopened_at, versions, updated_at, deleted_at`;
