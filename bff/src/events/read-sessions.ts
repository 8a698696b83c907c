import type { AgentSession } from '@fleetbeat/contracts/api.ts';
import { TOKEN_CLASSES } from '@fleetbeat/contracts/token-classes.ts';
import type { BlockContent, BlockHeader, MergeBudget, PlacedEvent } from './merge-blocks.ts';

/** Users that are told of a session at most, the last first. */
const USERS_TOLD = 20;

/** What counts of an event that belongs to a session. */
interface SessionEvent {
  readonly sessionId: string;
  readonly ts: number;
  readonly failed: boolean;
  readonly tokens: number;
  readonly userId: string | undefined;
}

export interface ReadSessions {
  /** By their last event, the newest first. */
  readonly items: AgentSession[];
  /** There are more sessions, or the reading ended before all was read. */
  readonly more: boolean;
  /** Where the reading ended: every event since then is counted, none before. Null: all are. */
  readonly readFrom: number | null;
}

/**
 * The newest `limit` sessions of the events in blocks that come by falling newest event. Ends early when the budget is spent;
 * the figures are exact for the stretch of time that was read. Holds `limit` sessions and the events of blocks that overlap.
 *
 * @param headers blocks by falling `maxTs`, read lazily
 * @param read decodes one block
 */
export async function readSessions<Header extends BlockHeader>(
  headers: AsyncIterable<Header>,
  read: (header: Header) => Promise<BlockContent>,
  limit: number,
  budget: Pick<MergeBudget, 'blocks' | 'bytes'>,
): Promise<ReadSessions> {
  const sessions = new Map<string, AgentSession>();
  let waiting: SessionEvent[] = [];
  let crowded = false;
  let blocks = 0;
  let bytes = 0;

  /** Counts the events later than `ts`. They come newest first: a session that is new by then is older than all that are known. */
  function countAfter(ts: number): void {
    const ripe = waiting.filter((event) => event.ts > ts).sort((a, b) => b.ts - a.ts);
    waiting = waiting.filter((event) => event.ts <= ts);
    for (const event of ripe) {
      const session = sessions.get(event.sessionId);
      if (session !== undefined) count(session, event);
      else if (sessions.size < limit) sessions.set(event.sessionId, begun(event));
      else crowded = true;
    }
  }

  for await (const header of headers) {
    countAfter(header.maxTs);
    if (blocks >= budget.blocks || bytes >= budget.bytes) {
      return { items: [...sessions.values()], more: true, readFrom: header.maxTs + 1 };
    }
    const content = await read(header);
    blocks++;
    bytes += content.bytes;
    for (const event of content.events) {
      const counted = sessionEventOf(event);
      if (counted !== undefined) waiting.push(counted);
    }
  }
  countAfter(-Infinity);
  return { items: [...sessions.values()], more: crowded, readFrom: null };
}

function begun(event: SessionEvent): AgentSession {
  const session: AgentSession = {
    session_id: event.sessionId,
    first_event: event.ts,
    last_event: event.ts,
    total_messages: 0,
    total_errors: 0,
    total_tokens_used: 0,
    users: [],
  };
  count(session, event);
  return session;
}

function count(session: AgentSession, { ts, failed, tokens, userId }: SessionEvent): void {
  session.first_event = Math.min(session.first_event, ts);
  session.total_messages++;
  if (failed) session.total_errors++;
  session.total_tokens_used += tokens;
  if (userId !== undefined && session.users.length < USERS_TOLD && !session.users.includes(userId)) session.users.push(userId);
}

/** Heartbeats are no messages. */
function sessionEventOf({ ts, stored }: PlacedEvent): SessionEvent | undefined {
  const { session_id: sessionId, user_id: userId } = stored.event;
  if (typeof sessionId !== 'string' || stored.message_type === 'heartbeat') return undefined;
  const failed = stored.message_type === 'error';
  return { sessionId, ts, failed, tokens: tokensOf(stored.event), userId: typeof userId === 'string' ? userId : undefined };
}

/** The sum of the token classes, `token_count` where there is none: as processors measure it. */
function tokensOf(event: Readonly<Record<string, unknown>>): number {
  const classes = TOKEN_CLASSES.map((name) => event[name]).filter((tokens) => typeof tokens === 'number');
  if (classes.length > 0) return classes.reduce((sum, tokens) => sum + tokens, 0);
  return typeof event['token_count'] === 'number' ? event['token_count'] : 0;
}
