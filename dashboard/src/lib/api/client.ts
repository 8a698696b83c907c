import type { Answer, Body, NameOf, Place } from '@fleetbeat/contracts/client/client.ts';
import { stepText } from '../time-range/range.ts';
import { ask } from './ask.ts';

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

/** A stretch of time as the API takes it. */
export function windowQuery(window: Window): { from: number; to: number; step: string | undefined } {
  return {
    from: Math.floor(window.from),
    to: Math.ceil(window.to),
    step: window.stepMs === undefined ? undefined : stepText(window.stepMs),
  };
}

function seriesQuery(window: Window) {
  return { ...windowQuery(window), late: window.late ? 'true' : undefined } as const;
}

/** Answers of a search that are put together at most. */
const MOST_ANSWERS = 10;

/**
 * A page of tasks. A search looks through a stretch of tasks at a time, in which there may be few that match or none: it is
 * gone on with until the page is full, or ten stretches are looked through.
 */
async function readTasks(query: TaskQuery, signal?: AbortSignal): Promise<Answer<'get /tasks'>> {
  let page = await ask('get /tasks', { query, signal });
  const items = [...page.items];
  const wanted = query.limit ?? items.length;
  for (let answers = 1; answers < MOST_ANSWERS && query.q !== undefined; answers++) {
    if (page.next_cursor === null || items.length >= wanted) break;
    page = await ask('get /tasks', { query: { ...query, limit: wanted - items.length, cursor: page.next_cursor }, signal });
    items.push(...page.items);
  }
  return { ...page, items };
}

/** What is asked of a list. */
type QueryOf<Name extends NameOf<'get'>> = NonNullable<Place<Name>['query']>;
export type TaskQuery = QueryOf<'get /tasks'>;
export type EventQuery = QueryOf<'get /agents/{agent_id}/events'>;

export const api = {
  fleetMetrics: (window: Window, signal?: AbortSignal) =>
    ask('get /fleet/metrics', { query: { ...seriesQuery(window), label: window.label }, signal }),
  modelMetrics: (window: Window, signal?: AbortSignal) =>
    ask('get /models/metrics', { query: { ...windowQuery(window), label: window.label }, signal }),
  agents: (query: QueryOf<'get /agents'>, signal?: AbortSignal) => ask('get /agents', { query, signal }),
  agent: (agentId: string, signal?: AbortSignal) => ask('get /agents/{agent_id}', { params: { agent_id: agentId }, signal }),
  agentMetrics: (agentId: string, window: Window, signal?: AbortSignal) =>
    ask('get /agents/{agent_id}/metrics', { params: { agent_id: agentId }, query: seriesQuery(window), signal }),
  agentEvents: (agentId: string, query: EventQuery, signal?: AbortSignal) =>
    ask('get /agents/{agent_id}/events', { params: { agent_id: agentId }, query, signal }),
  agentSessions: (agentId: string, query: QueryOf<'get /agents/{agent_id}/sessions'>, signal?: AbortSignal) =>
    ask('get /agents/{agent_id}/sessions', { params: { agent_id: agentId }, query, signal }),
  hosts: (query: QueryOf<'get /hosts'>, signal?: AbortSignal) => ask('get /hosts', { query, signal }),
  host: (hostId: string, signal?: AbortSignal) => ask('get /hosts/{host_id}', { params: { host_id: hostId }, signal }),
  hostMetrics: (hostId: string, window: Window, signal?: AbortSignal) =>
    ask('get /hosts/{host_id}/metrics', { params: { host_id: hostId }, query: windowQuery(window), signal }),
  performance: (window: Window, signal?: AbortSignal) => ask('get /performance', { query: windowQuery(window), signal }),
  visualizations: (window: Window, signal?: AbortSignal) =>
    ask('get /visualizations', { query: { ...windowQuery(window), label: window.label }, signal }),
  pipeline: (signal?: AbortSignal) => ask('get /pipeline', { signal }),
  deadLetters: (query: QueryOf<'get /dead-letters'>, signal?: AbortSignal) => ask('get /dead-letters', { query, signal }),
  deadLetter: (letterId: string, signal?: AbortSignal) =>
    ask('get /dead-letters/{dead_letter_id}', { params: { dead_letter_id: letterId }, signal }),
  replayLetter: (letterId: string, event?: Body<'post /dead-letters/{dead_letter_id}/replay'>['event']) =>
    ask('post /dead-letters/{dead_letter_id}/replay', {
      params: { dead_letter_id: letterId },
      body: event === undefined ? {} : { event },
    }),
  tasks: readTasks,
  task: (taskId: string, signal?: AbortSignal) => ask('get /tasks/{task_id}', { params: { task_id: taskId }, signal }),
  createTask: (task: Body<'post /tasks'>) => ask('post /tasks', { body: task }),
  changeTask: (taskId: string, patch: Body<'patch /tasks/{task_id}'>, revision: number) =>
    ask('patch /tasks/{task_id}', { params: { task_id: taskId }, body: patch, revision }),
  deleteTask: (taskId: string, revision: number) => ask('delete /tasks/{task_id}', { params: { task_id: taskId }, revision }),
  alerts: (query: QueryOf<'get /alerts'>, signal?: AbortSignal) => ask('get /alerts', { query, signal }),
  acknowledgeAlert: (alertId: number) => ask('post /alerts/{alert_id}/acknowledge', { params: { alert_id: alertId } }),
  rules: (query: QueryOf<'get /rules'>, signal?: AbortSignal) => ask('get /rules', { query, signal }),
  rule: (ruleId: string, signal?: AbortSignal) => ask('get /rules/{rule_id}', { params: { rule_id: ruleId }, signal }),
  createRule: (rule: Body<'post /rules'>) => ask('post /rules', { body: rule }),
  /** A patch is put together by what has changed: the API says what is wrong with it. */
  changeRule: (ruleId: string, patch: Record<string, unknown>, version: number) =>
    ask('patch /rules/{rule_id}', {
      params: { rule_id: ruleId },
      body: patch as Body<'patch /rules/{rule_id}'>,
      revision: version,
    }),
  deleteRule: (ruleId: string, version: number) =>
    ask('delete /rules/{rule_id}', { params: { rule_id: ruleId }, revision: version }),
  notifications: (query: QueryOf<'get /notifications'>, signal?: AbortSignal) => ask('get /notifications', { query, signal }),
  markRead: (what: Body<'post /notifications/read'>) => ask('post /notifications/read', { body: what }),
  audit: (query: QueryOf<'get /audit'>, signal?: AbortSignal) => ask('get /audit', { query, signal }),
  session: (signal?: AbortSignal) => ask('get /session', { signal }),
  ingest: (signal?: AbortSignal) => ask('get /ingest', { signal }),
  webVitals: (vitals: Body<'post /web-vitals'>['vitals']) => ask('post /web-vitals', { body: { vitals }, keepalive: true }),
  signIn: (token: string) => ask('post /session', { body: { token } }),
  signInWithPassword: (email: string, password: string) => ask('post /auth/sign-in', { body: { email, password } }),
  secondFactor: (code: string) => ask('post /auth/second-factor', { body: { code } }),
  /** With the token of an invitation or of a link to a new password. */
  setPassword: (token: string, password: string) => ask('post /auth/password', { body: { token, password } }),
  signOut: () => ask('delete /session'),
};
