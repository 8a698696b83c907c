import type { TaskState } from '@fleetbeat/contracts/task-state.ts';
import { changesBetween, type Actor, type AuditedChange } from '../audit/record-change.ts';
import type { ChangedTask } from './changed-task.ts';

/** What is written down of a task: what somebody could have set. */
const AUDITED = [
  'name',
  'description',
  'status',
  'priority',
  'workflow_id',
  'agent_id',
  'due_date',
  'progress',
  'result',
  'error',
  'depends_on',
  'capabilities',
  'max_attempts',
  'timeout_seconds',
] as const;

/** What the audit log says of a task that was made, changed or deleted. */
export function taskAudit(asker: { actor: Actor; requestId: string | null }, { before, after }: ChangedTask): AuditedChange {
  const known = before === null || before.deleted_at !== null ? null : before;
  const left = after.deleted_at === null ? after : null;
  return {
    entityType: 'task',
    entityId: after.task_id,
    action: known === null ? 'created' : left === null ? 'deleted' : 'updated',
    ...asker,
    changes: changesBetween<TaskState>(known, left, AUDITED),
  };
}
