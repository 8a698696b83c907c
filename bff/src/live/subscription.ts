import { describeIssue } from '@fleetbeat/contracts/events.ts';
import { subscribeSchema } from '@fleetbeat/contracts/live.ts';
import type { Hub, Published, Room } from './hub.ts';

/** What a client may ask of a socket, whichever protocol it speaks. */

/** Agents whose series one socket may follow. */
const MAX_AGENTS = 32;

export interface Joined {
  readonly ok: true;
  readonly resync: boolean;
  readonly rooms: readonly Room[];
  /** What the client missed, to be sent before anything else. */
  readonly missed: readonly Published[];
}
export interface Refused {
  readonly ok: false;
  readonly reason: string;
}

/** The rooms to join for a request to subscribe, given those that the socket is in. */
export function subscribe(request: unknown, present: ReadonlySet<string>, hub: Pick<Hub, 'missed'>): Joined | Refused {
  const parsed = subscribeSchema.safeParse(request);
  if (!parsed.success) return { ok: false, reason: describeIssue(parsed.error) };
  const { channel, agent_id: agentId, since: seq, since_time: time } = parsed.data;
  if (agentId !== undefined && channel !== 'metrics') return { ok: false, reason: 'agent_id goes with the channel metrics only' };
  const wanted: Room[] = agentId === undefined ? [channel] : [channel, `agent:${agentId}`];
  const rooms = wanted.filter((room) => !present.has(room));
  const agents = [...present, ...rooms].filter((room) => room.startsWith('agent:')).length;
  if (agents > MAX_AGENTS) return { ok: false, reason: `at most ${MAX_AGENTS} agents a socket` };
  const since = seq !== undefined ? { seq } : time !== undefined ? { time } : null;
  const missed = since === null ? [] : hub.missed(rooms, since);
  return { ok: true, resync: missed === null, rooms, missed: missed ?? [] };
}

/** The rooms to leave: an agent's alone where one is named, else the channel and, with `metrics`, all agents'. */
export function unsubscribe(request: unknown, present: ReadonlySet<string>): { ok: true; rooms: string[] } | Refused {
  const parsed = subscribeSchema.safeParse(request);
  if (!parsed.success) return { ok: false, reason: describeIssue(parsed.error) };
  const { channel, agent_id: agentId } = parsed.data;
  if (agentId !== undefined) return { ok: true, rooms: [`agent:${agentId}`] };
  const agents = channel === 'metrics' ? [...present].filter((room) => room.startsWith('agent:')) : [];
  return { ok: true, rooms: [channel, ...agents] };
}
