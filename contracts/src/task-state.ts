import { TASK_STATUSES, type TaskEvent, type TaskStatus } from './events.ts';
import { hasEnded } from './task-transitions.ts';
import type { Task } from './tasks.ts';

/** Time (epoch ms) and sequence of the change that set a field. */
export type Version = readonly [ts: number, seq: number];

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
type VersionedField = PlainField | 'status';

/** How often agents may try a task for which nothing else was said. */
export const DEFAULT_MAX_ATTEMPTS = 3;

/** New values of some fields; what is undefined stays as it is. An agent's event is one, a person's change another. */
export type TaskFields = { readonly [Field in VersionedField]?: Task[Field] | undefined };

/** A task as its changes left it. `versions` remembers which change set each field. */
export interface TaskState extends Omit<Task, 'duration_seconds'> {
  versions: Partial<Record<VersionedField, Version>>;
  /** How often agents have claimed it since it was last opened. */
  claims: number;
  /** When it last went from completed back to the board. */
  reopened_at: number | null;
  /** When it was deleted; null while it is there. */
  deleted_at: number | null;
}

/** Applies one event of an agent; see `applyTaskChange`. */
export function applyTaskEvent(before: TaskState | null, event: TaskEvent, ts: number): TaskState {
  return applyTaskChange(before, event.task_id, event, [ts, event.seq ?? 0]);
}

/**
 * Applies one change to a task (null: not known yet) and answers the new state; the old one is not touched.
 *
 * Every field is decided by the newest change that carries it, by time, then sequence, then value, so that the
 * same changes in any order end in the same state. A deleted task stays as it is, whatever comes.
 */
export function applyTaskChange(before: TaskState | null, taskId: string, fields: TaskFields, version: Version): TaskState {
  if (before !== null && before.deleted_at !== null) return before;
  const [ts] = version;
  const task: TaskState = before === null ? newTask(taskId, ts) : { ...before, versions: { ...before.versions } };
  for (const field of PLAIN_FIELDS) {
    const value = fields[field];
    if (value === undefined) continue;
    if (isNewer(version, value, task.versions[field], task[field])) set(task, field, value, version);
  }
  if (fields.status !== undefined) applyStatus(task, fields.status, version);
  task.created_at = Math.min(task.created_at, ts);
  task.updated_at = Math.max(task.updated_at, ts);
  return task;
}

function applyStatus(task: TaskState, status: TaskStatus, version: Version): void {
  if (isNewer(version, rank(status), task.versions.status, rank(task.status))) {
    task.status = status;
    task.versions.status = version;
  }
  if (status === 'in_progress') {
    task.attempts += 1;
    task.started_at = Math.min(task.started_at ?? version[0], version[0]);
  }
  task.completed_at = hasEnded(task.status) ? (task.versions.status?.[0] ?? version[0]) : null;
}

/**
 * The version of a change that was made by someone who saw this state at `now`: newer than whatever set these fields,
 * even where an agent's clock runs ahead, so that the change is never lost to what it was meant to change.
 */
export function versionAfter(state: TaskState | null, fields: TaskFields, now: number): Version {
  let version: Version = [now, 0];
  for (const field of [...PLAIN_FIELDS, 'status'] as const) {
    const old = fields[field] === undefined ? undefined : state?.versions[field];
    if (old === undefined || compareVersions(old, version) < 0) continue;
    version = old[1] < Number.MAX_SAFE_INTEGER ? [old[0], old[1] + 1] : [old[0] + 1, 0];
  }
  return version;
}

/**
 * What is left of a deleted task: that it was there and is gone. Nothing of it depends on which events had come by
 * then, and it takes no more, so that late ones neither bring the task back nor leave anything behind.
 */
export function deletedTask(before: TaskState, now: number): TaskState {
  return { ...newTask(before.task_id, now), revision: before.revision, deleted_at: now };
}

/** The task as the API and live messages show it. */
export function taskOf(state: TaskState): Task {
  const { versions: _versions, claims: _claims, reopened_at: _reopened, deleted_at: _deleted, ...task } = state;
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
    depends_on: [],
    waiting_for: 0,
    capabilities: [],
    max_attempts: DEFAULT_MAX_ATTEMPTS,
    timeout_seconds: null,
    not_before: null,
    claims: 0,
    reopened_at: null,
    created_by: null,
    updated_at: ts,
    revision: 0,
    versions: {},
    deleted_at: null,
  };
}

function set(task: TaskState, field: PlainField, value: unknown, version: Version): void {
  Object.assign(task, { [field]: value });
  task.versions[field] = version;
}

/** Ties of time and sequence are broken by value, or the order of arrival would show. */
function isNewer(version: Version, value: unknown, oldVersion: Version | undefined, oldValue: unknown): boolean {
  if (oldVersion === undefined) return true;
  const order = compareVersions(version, oldVersion);
  if (order !== 0) return order > 0;
  if (typeof value === 'number' && typeof oldValue === 'number') return value > oldValue;
  return canonical(value) > canonical(oldValue);
}

function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1];
}

/** JSON with the names of objects in one order, as a database may give them back in another. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function rank(status: TaskStatus): number {
  return TASK_STATUSES.indexOf(status);
}
