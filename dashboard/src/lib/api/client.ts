import type { Alert, Notification } from '@fleetbeat/contracts/alerts.ts';
import type {
  Agent,
  DeadLetter,
  Host,
  HostMetrics,
  List,
  Metrics,
  ModelMetrics,
  Performance,
  Pipeline,
  ReplayedLetter,
  StoredEvent,
  Visualizations,
  WholeDeadLetter,
} from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { RuleInput, StoredRule } from '@fleetbeat/contracts/rules.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { stepText } from '../time-range/range.ts';
import { request } from './ask.ts';

/** The one way to the REST API. Every function rejects with an `ApiProblem`, or with an `AbortError` when aborted. */

/** A stretch of time and its window length, in milliseconds. */
export interface Window {
  from: number;
  to: number;
  stepMs?: number | undefined;
  /** Tell which windows grew after they were over. */
  late?: boolean | undefined;
  /** Of what carries these labels alone. */
  label?: readonly string[] | undefined;
}

type Query = Record<string, string | number | undefined | null | readonly string[]>;

/** A path of the API with its question. */
export function url(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value]) {
      if (one !== undefined && one !== null && one !== '') parameters.append(name, String(one));
    }
  }
  const text = parameters.toString();
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** For the API of one feature, which need not be part of every page. */
export function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', url(path, query), signal ? { signal } : {});
}

/** Sends a change. With `revision` only if nobody else has changed the thing since. */
export function send<T>(method: Method, path: string, body?: unknown, revision?: number): Promise<T> {
  return request<T>(method, url(path, {}), {
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(revision === undefined ? {} : { headers: { 'if-match': `"${revision}"` } }),
  });
}

/** A stretch of time as the API takes it. */
export function windowQuery(window: Window): { from: number; to: number; step: string | undefined } {
  return {
    from: Math.floor(window.from),
    to: Math.ceil(window.to),
    step: window.stepMs === undefined ? undefined : stepText(window.stepMs),
  };
}

/** Answers of a search that are put together at most. */
const MOST_ANSWERS = 10;

/**
 * A page of tasks. A search looks through a stretch of tasks at a time, in which there may be few that match or none: it is
 * gone on with until the page is full, or ten stretches are looked through.
 */
async function readTasks(query: TaskQuery, signal?: AbortSignal): Promise<List<Task>> {
  let page = await get<List<Task>>('/tasks', { ...query }, signal);
  const items = [...page.items];
  const wanted = query.limit ?? items.length;
  for (let answers = 1; answers < MOST_ANSWERS && query.q !== undefined; answers++) {
    if (page.next_cursor === null || items.length >= wanted) break;
    page = await get<List<Task>>('/tasks', { ...query, limit: wanted - items.length, cursor: page.next_cursor }, signal);
    items.push(...page.items);
  }
  return { ...page, items };
}

const id = encodeURIComponent;

export const api = {
  fleetMetrics: (window: Window, signal?: AbortSignal) =>
    get<Metrics>(
      '/fleet/metrics',
      { ...windowQuery(window), late: window.late ? 'true' : undefined, label: window.label },
      signal,
    ),
  modelMetrics: (window: Window, signal?: AbortSignal) =>
    get<ModelMetrics>('/models/metrics', { ...windowQuery(window), label: window.label }, signal),
  agents: (
    query: { cursor?: string | null; limit?: number; status?: string; q?: string; label?: readonly string[] },
    signal?: AbortSignal,
  ) => get<List<Agent>>('/agents', query, signal),
  agent: (agentId: string, signal?: AbortSignal) => get<Agent>(`/agents/${id(agentId)}`, {}, signal),
  agentMetrics: (agentId: string, window: Window, signal?: AbortSignal) =>
    get<Metrics>(`/agents/${id(agentId)}/metrics`, { ...windowQuery(window), late: window.late ? 'true' : undefined }, signal),
  agentEvents: (agentId: string, query: EventQuery, signal?: AbortSignal) =>
    get<List<StoredEvent>>(`/agents/${id(agentId)}/events`, { ...query }, signal),
  hosts: (query: { cursor?: string | null; limit?: number; label?: readonly string[] }, signal?: AbortSignal) =>
    get<List<Host>>('/hosts', query, signal),
  hostMetrics: (hostId: string, window: Window, signal?: AbortSignal) =>
    get<HostMetrics>(`/hosts/${id(hostId)}/metrics`, windowQuery(window), signal),
  performance: (window: Window, signal?: AbortSignal) => get<Performance>('/performance', windowQuery(window), signal),
  visualizations: (window: Window, signal?: AbortSignal) =>
    get<Visualizations>('/visualizations', { ...windowQuery(window), label: window.label }, signal),
  pipeline: (signal?: AbortSignal) => get<Pipeline>('/pipeline', {}, signal),
  deadLetters: (query: { cursor?: string | null; limit?: number }, signal?: AbortSignal) =>
    get<List<DeadLetter>>('/dead-letters', query, signal),
  deadLetter: (letterId: string, signal?: AbortSignal) => get<WholeDeadLetter>(`/dead-letters/${id(letterId)}`, {}, signal),
  replayLetter: (letterId: string, event?: unknown) =>
    send<ReplayedLetter>('POST', `/dead-letters/${id(letterId)}/replay`, event === undefined ? {} : { event }),
  tasks: readTasks,
  task: (taskId: string, signal?: AbortSignal) => get<Task>(`/tasks/${id(taskId)}`, {}, signal),
  createTask: (task: TaskInput) => send<Task>('POST', '/tasks', task),
  changeTask: (taskId: string, patch: TaskInput, revision: number) =>
    send<Task>('PATCH', `/tasks/${id(taskId)}`, patch, revision),
  deleteTask: (taskId: string, revision: number) => send<void>('DELETE', `/tasks/${id(taskId)}`, undefined, revision),
  alerts: (query: AlertQuery, signal?: AbortSignal) => get<List<Alert>>('/alerts', { ...query }, signal),
  acknowledgeAlert: (alertId: number) => send<Alert>('POST', `/alerts/${alertId}/acknowledge`),
  rules: (query: { q?: string; cursor?: string | null; limit?: number }, signal?: AbortSignal) =>
    get<List<StoredRule>>('/rules', query, signal),
  rule: (ruleId: string, signal?: AbortSignal) => get<StoredRule>(`/rules/${id(ruleId)}`, {}, signal),
  createRule: (rule: RuleInput) => send<StoredRule>('POST', '/rules', rule),
  changeRule: (ruleId: string, patch: Record<string, unknown>, version: number) =>
    send<StoredRule>('PATCH', `/rules/${id(ruleId)}`, patch, version),
  deleteRule: (ruleId: string, version: number) => send<void>('DELETE', `/rules/${id(ruleId)}`, undefined, version),
  notifications: (query: { unread?: 'true'; cursor?: string | null; limit?: number }, signal?: AbortSignal) =>
    get<List<Notification>>('/notifications', query, signal),
  markRead: (what: { ids: readonly number[] } | { up_to: number }) => send<{ read: number }>('POST', '/notifications/read', what),
  audit: (query: { entity_type?: string; entity_id?: string; cursor?: string | null; limit?: number }, signal?: AbortSignal) =>
    get<List<AuditEntry>>('/audit', query, signal),
  session: (signal?: AbortSignal) => get<SessionAnswer>('/session', {}, signal),
  me: () => get<{ id: string }>('/me', {}),
  ingest: (signal?: AbortSignal) => get<{ events_url: string }>('/ingest', {}, signal),
  webVitals: (vitals: readonly { name: string; value: number }[]) =>
    request<void>('POST', '/api/v1/web-vitals', { body: JSON.stringify({ vitals }), keepalive: true }),
  signIn: (token: string) => request<void>('POST', '/api/v1/session', { body: JSON.stringify({ token }) }),
  signInWithPassword: (email: string, password: string) => send<SignedIn>('POST', '/auth/sign-in', { email, password }),
  secondFactor: (code: string) => send<SignedIn>('POST', '/auth/second-factor', { code }),
  /** With the token of an invitation or of a link to a new password. */
  setPassword: (token: string, password: string) => send<{ email: string }>('POST', '/auth/password', { token, password }),
  signOut: () => request<void>('DELETE', '/api/v1/session'),
};

export interface SessionAnswer {
  signed_in: boolean;
  name: string | null;
  scopes: string[];
}

export interface SignedIn {
  signed_in: boolean;
  /** The password was right, and a code is wanted. */
  second_factor: boolean;
}

export interface TaskQuery {
  status?: readonly string[] | undefined;
  priority?: string | undefined;
  workflow_id?: string | undefined;
  agent_id?: string | undefined;
  label?: readonly string[] | undefined;
  q?: string | undefined;
  sort?: string | undefined;
  cursor?: string | null | undefined;
  limit?: number | undefined;
}

/** What people set of a task. */
export type TaskInput = Partial<
  Pick<Task, 'name' | 'description' | 'status' | 'priority' | 'workflow_id' | 'agent_id' | 'due_date' | 'progress' | 'error'>
>;

export interface AlertQuery {
  state?: readonly string[] | undefined;
  severity?: string | undefined;
  rule_id?: string | undefined;
  key?: string | undefined;
  label?: readonly string[] | undefined;
  cursor?: string | null | undefined;
  limit?: number | undefined;
}

export interface EventQuery {
  message_type?: string | undefined;
  q?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  cursor?: string | null | undefined;
  limit?: number | undefined;
}
