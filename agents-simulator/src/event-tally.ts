import type { AgentMessage, Heartbeat } from '@fleetbeat/contracts/events.ts';
import { TOKEN_CLASSES } from '@fleetbeat/contracts/token-classes.ts';

/**
 * What a set of agent events adds up to, written down from the rules of the contracts and not from the
 * platform's code. Money in whole micro-dollars, response times in whole microseconds, scores in millionths,
 * each rounded per event.
 */
export interface EventTally {
  heartbeats: number;
  user_message: number;
  agent_response: number;
  tool_call: number;
  error: number;
  feedback: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  reasoning_tokens: number;
  other_tokens: number;
  cost_micros: number;
  scored: number;
  score_micros: number;
  response_us: number;
  /** Every response time in microseconds, for exact quantiles; its length is the number timed. */
  times: number[];
  users: Set<string>;
}

export function emptyTally(): EventTally {
  return {
    heartbeats: 0,
    user_message: 0,
    agent_response: 0,
    tool_call: 0,
    error: 0,
    feedback: 0,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    other_tokens: 0,
    cost_micros: 0,
    scored: 0,
    score_micros: 0,
    response_us: 0,
    times: [],
    users: new Set(),
  };
}

/** Adds one event. A heartbeat counts as a sign of life and as nothing else. */
export function addEvent(tally: EventTally, event: AgentMessage | Heartbeat): void {
  if (event.message_type === 'heartbeat') {
    tally.heartbeats += 1;
    return;
  }
  // The union of loose objects does not narrow by itself.
  const message = event as AgentMessage;
  tally[message.message_type] += 1;
  let classes = 0;
  for (const name of TOKEN_CLASSES) {
    const tokens = message[name];
    if (tokens === undefined) continue;
    classes += 1;
    tally[name] += tokens;
  }
  // A total is taken only where no class was given; beside classes it would be counted twice.
  if (classes === 0) tally.other_tokens += message.token_count ?? 0;
  if (message.cost_usd !== undefined) tally.cost_micros += Math.round(message.cost_usd * 1e6);
  if (message.user_feedback !== undefined) {
    tally.scored += 1;
    tally.score_micros += Math.round(message.user_feedback * 1e6);
  }
  if (message.response_time_ms !== undefined) {
    const us = Math.round(message.response_time_ms * 1_000);
    tally.times.push(us);
    tally.response_us += us;
  }
  if (message.user_id !== undefined) tally.users.add(message.user_id);
}

/** All messages; heartbeats are none. */
export function messagesOf(tally: EventTally): number {
  return tally.user_message + tally.agent_response + tally.tool_call + tally.error + tally.feedback;
}

export function tokensOf(tally: EventTally): number {
  return TOKEN_CLASSES.reduce((sum, name) => sum + tally[name], tally.other_tokens);
}

/**
 * The exact `q`-quantile (0 to 1) of sorted values: the value at rank q (n - 1), interpolated between two
 * ranks, as numpy's default and Postgres's percentile_cont have it. Undefined of nothing.
 */
export function exactQuantile(sorted: ArrayLike<number>, q: number): number | undefined {
  const rank = q * (sorted.length - 1);
  const below = Math.floor(rank);
  const lower = sorted[below];
  const upper = sorted[Math.ceil(rank)];
  return lower === undefined || upper === undefined ? undefined : lower + (upper - lower) * (rank - below);
}
