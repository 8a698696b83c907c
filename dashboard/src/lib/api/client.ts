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
  StoredEvent,
  Visualizations,
} from '@fleetbeat/contracts/api.ts';
import { stepText } from '../time-range/range.ts';
import { ApiProblem, problemOf, unreachable } from './problem.ts';

/** The one way to the REST API. Every function rejects with an `ApiProblem`, or with an `AbortError` when aborted. */

/** A stretch of time and its window length, in milliseconds. */
export interface Window {
  from: number;
  to: number;
  stepMs?: number | undefined;
}

type Query = Record<string, string | number | undefined | null>;

let whenSignedOut: () => void = () => {};

/** Names what happens when the server answers 401. */
export function onSignedOut(handler: () => void): void {
  whenSignedOut = handler;
}

function url(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`;
}

async function request<T>(method: 'GET' | 'POST' | 'DELETE', path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      ...init,
      method,
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(init.body ? { 'content-type': 'application/json' } : {}) },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  if (!answer.ok) {
    const problem = await problemOf(answer);
    if (answer.status === 401 && !path.endsWith('/session')) whenSignedOut();
    throw problem;
  }
  if (answer.status === 204 || answer.headers.get('content-length') === '0') return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem(answer.status, 'The answer cannot be read', 'The server answered with something other than JSON.');
  }
}

function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', url(path, query), signal ? { signal } : {});
}

function windowQuery(window: Window): Query {
  return {
    from: Math.floor(window.from),
    to: Math.ceil(window.to),
    step: window.stepMs === undefined ? undefined : stepText(window.stepMs),
  };
}

const id = encodeURIComponent;

export const api = {
  fleetMetrics: (window: Window, signal?: AbortSignal) => get<Metrics>('/fleet/metrics', windowQuery(window), signal),
  modelMetrics: (window: Window, signal?: AbortSignal) => get<ModelMetrics>('/models/metrics', windowQuery(window), signal),
  agents: (query: { cursor?: string | null; limit?: number; status?: string; q?: string }, signal?: AbortSignal) =>
    get<List<Agent>>('/agents', query, signal),
  agent: (agentId: string, signal?: AbortSignal) => get<Agent>(`/agents/${id(agentId)}`, {}, signal),
  agentMetrics: (agentId: string, window: Window, signal?: AbortSignal) =>
    get<Metrics>(`/agents/${id(agentId)}/metrics`, windowQuery(window), signal),
  agentEvents: (agentId: string, query: EventQuery, signal?: AbortSignal) =>
    get<List<StoredEvent>>(`/agents/${id(agentId)}/events`, { ...query }, signal),
  hosts: (query: { cursor?: string | null; limit?: number }, signal?: AbortSignal) => get<List<Host>>('/hosts', query, signal),
  hostMetrics: (hostId: string, window: Window, signal?: AbortSignal) =>
    get<HostMetrics>(`/hosts/${id(hostId)}/metrics`, windowQuery(window), signal),
  performance: (window: Window, signal?: AbortSignal) => get<Performance>('/performance', windowQuery(window), signal),
  visualizations: (window: Window, signal?: AbortSignal) => get<Visualizations>('/visualizations', windowQuery(window), signal),
  pipeline: (signal?: AbortSignal) => get<Pipeline>('/pipeline', {}, signal),
  deadLetters: (query: { cursor?: string | null; limit?: number }, signal?: AbortSignal) =>
    get<List<DeadLetter>>('/dead-letters', query, signal),
  ingest: (signal?: AbortSignal) => get<{ events_url: string }>('/ingest', {}, signal),
  webVitals: (vitals: readonly { name: string; value: number }[]) =>
    request<void>('POST', '/api/v1/web-vitals', { body: JSON.stringify({ vitals }), keepalive: true }),
  signIn: (token: string) => request<void>('POST', '/api/v1/session', { body: JSON.stringify({ token }) }),
  signOut: () => request<void>('DELETE', '/api/v1/session'),
};

export interface EventQuery {
  message_type?: string | undefined;
  q?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  cursor?: string | null | undefined;
  limit?: number | undefined;
}
