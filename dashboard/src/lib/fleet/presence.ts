import type { Agent, AgentStatus } from '@fleetbeat/contracts/api.ts';

/** How many agents were there over time, from their first and last signs of life. */

/** One position in time. An agent that was away in between and came back counts as there throughout. */
export interface Presence {
  t: number;
  answering: number;
  silent: number;
}

/** An agent counts as answering for this long after its last sign of life, in milliseconds. */
export const GRACE_MS = 60_000;

/** Presence at the end of each window of `stepMs` in [from, to], from the first agent on: of the time before nothing is known. */
export function presence(
  agents: readonly Pick<Agent, 'first_seen' | 'last_seen' | 'status'>[],
  from: number,
  to: number,
  stepMs: number,
): Presence[] {
  const start = Math.floor(from / stepMs) * stepMs;
  const count = Math.max(0, Math.ceil((to - start) / stepMs));
  const came = new Array<number>(count + 1).fill(0);
  const left = new Array<number>(count + 1).fill(0);
  const place = (t: number) => Math.min(count, Math.max(0, Math.floor((t - start) / stepMs)));
  for (const agent of agents) {
    const first = place(agent.first_seen);
    came[first] = (came[first] ?? 0) + 1;
    if (agent.status !== 'offline') continue;
    const last = Math.max(first, place(agent.last_seen + GRACE_MS));
    left[last] = (left[last] ?? 0) + 1;
  }
  const known = Math.min(...agents.map((agent) => agent.first_seen));
  let present = 0;
  let silent = 0;
  const all = Array.from({ length: count }, (_, index) => {
    present += came[index] ?? 0;
    silent += left[index] ?? 0;
    return { t: start + index * stepMs, answering: present - silent, silent };
  });
  return all.filter((one) => one.t + stepMs > known);
}

export type StatusCounts = Record<AgentStatus, number>;

export function countByStatus(agents: Iterable<Pick<Agent, 'status'>>): StatusCounts {
  const counts: StatusCounts = { online: 0, busy: 0, offline: 0 };
  for (const agent of agents) counts[agent.status] += 1;
  return counts;
}
