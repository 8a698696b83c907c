import { TASK_STATUSES, type TaskEvent, type TaskStatus } from '@fleetbeat/contracts/events.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';

/** Event time (epoch ms) and sequence of the event that set a field. */
type Version = readonly [ts: number, seq: number];

const PLAIN_FIELDS = [
  'name',
  'description',
  'priority',
  'workflow_id',
  'agent_id',
  'due_date',
  'progress',
  'result',
  'error',
] as const;
type PlainField = (typeof PLAIN_FIELDS)[number];

/** A task as its events left it. `versions` remembers which event set each field. */
export interface TaskState extends Omit<Task, 'duration_seconds'> {
  versions: Partial<Record<PlainField | 'status', Version>>;
  updated_at: number;
}

/**
 * Applies one event to a task (null: not known yet) and answers the new state; the old one is not touched.
 *
 * Every field is decided by the newest event that carries it, by event time, then sequence, then value, so
 * that the same events in any order end in the same state.
 */
export function applyTaskEvent(before: TaskState | null, event: TaskEvent, ts: number): TaskState {
  const version: Version = [ts, event.seq ?? 0];
  const task: TaskState = before === null ? newTask(event.task_id, ts) : { ...before, versions: { ...before.versions } };
  for (const field of PLAIN_FIELDS) {
    const value = event[field];
    if (value === undefined) continue;
    if (isNewer(version, value, task.versions[field], task[field])) set(task, field, value, version);
  }
  const oldStatus = task.versions.status;
  if (isNewer(version, rank(event.status), oldStatus, rank(task.status))) {
    task.status = event.status;
    task.versions.status = version;
  }
  if (event.status === 'in_progress') {
    task.attempts += 1;
    task.started_at = Math.min(task.started_at ?? ts, ts);
  }
  const ended = task.status === 'completed' || task.status === 'failed' || task.status === 'cancelled';
  task.completed_at = ended ? (task.versions.status?.[0] ?? ts) : null;
  task.created_at = Math.min(task.created_at, ts);
  task.updated_at = Math.max(task.updated_at, ts);
  return task;
}

/** The task as the API and live messages show it. */
export function taskOf(state: TaskState): Task {
  const { versions: _versions, updated_at: _updated, ...task } = state;
  const { started_at: start, completed_at: end } = state;
  return { ...task, duration_seconds: start !== null && end !== null ? Math.max(0, end - start) / 1_000 : null };
}

function newTask(taskId: string, ts: number): TaskState {
  return {
    task_id: taskId,
    name: null,
    description: null,
    status: 'pending',
    priority: 'medium',
    workflow_id: null,
    agent_id: null,
    due_date: null,
    progress: 0,
    result: null,
    error: null,
    attempts: 0,
    created_at: ts,
    started_at: null,
    completed_at: null,
    versions: {},
    updated_at: ts,
  };
}

function set(task: TaskState, field: PlainField, value: unknown, version: Version): void {
  Object.assign(task, { [field]: value });
  task.versions[field] = version;
}

/** Ties of time and sequence are broken by value, or the order of arrival would show. */
function isNewer(version: Version, value: unknown, oldVersion: Version | undefined, oldValue: unknown): boolean {
  if (oldVersion === undefined) return true;
  if (version[0] !== oldVersion[0]) return version[0] > oldVersion[0];
  if (version[1] !== oldVersion[1]) return version[1] > oldVersion[1];
  if (typeof value === 'number' && typeof oldValue === 'number') return value > oldValue;
  return JSON.stringify(value) > JSON.stringify(oldValue);
}

function rank(status: TaskStatus): number {
  return TASK_STATUSES.indexOf(status);
}
