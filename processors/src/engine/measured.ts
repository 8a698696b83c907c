import { MESSAGE_TYPES } from '@fleetbeat/contracts/events.ts';
import { hashHi, hashLo, hashString } from '@fleetbeat/infra/time-series/hash64.ts';

export const TYPES = [...MESSAGE_TYPES, 'heartbeat'] as const;
export const TYPE_INDEX: ReadonlyMap<unknown, number> = new Map(TYPES.map((type, index) => [type, index]));
export const HEARTBEAT = TYPES.indexOf('heartbeat');

/** What the event at hand adds to each of its partials; one object for all events, as there are very many. */
export const measured = {
  /** Place of the message type in TYPES. */
  type: 0,
  model: undefined as string | undefined,
  hostId: undefined as string | undefined,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  /** `token_count` where no class was given. */
  other: 0,
  /** Microseconds, or -1 where the event was not timed. */
  responseUs: -1,
  scored: false,
  scoreMicros: 0,
  costMicros: 0,
  hasUser: false,
  userHi: 0,
  userLo: 0,
};

/** Takes the measures of an event, as parsed and found valid, into `measured`. */
export function measure(fields: Readonly<Record<string, unknown>>): void {
  measured.type = TYPE_INDEX.get(fields['message_type']) ?? HEARTBEAT;
  measured.hostId = fields['host_id'] as string | undefined;
  if (measured.type === HEARTBEAT) {
    // Its schema knows no measures: under their names may stand anything.
    measured.model = undefined;
    return;
  }
  measured.model = fields['model_used'] as string | undefined;
  const input = fields['input_tokens'] as number | undefined;
  const output = fields['output_tokens'] as number | undefined;
  const cacheRead = fields['cache_read_tokens'] as number | undefined;
  const cacheWrite = fields['cache_write_tokens'] as number | undefined;
  const reasoning = fields['reasoning_tokens'] as number | undefined;
  measured.input = input ?? 0;
  measured.output = output ?? 0;
  measured.cacheRead = cacheRead ?? 0;
  measured.cacheWrite = cacheWrite ?? 0;
  measured.reasoning = reasoning ?? 0;
  const noClass =
    input === undefined && output === undefined && cacheRead === undefined && cacheWrite === undefined && reasoning === undefined;
  measured.other = noClass ? ((fields['token_count'] as number | undefined) ?? 0) : 0;
  const responseMs = fields['response_time_ms'] as number | undefined;
  measured.responseUs = responseMs === undefined ? -1 : Math.round(responseMs * 1_000);
  const score = fields['user_feedback'] as number | undefined;
  measured.scored = score !== undefined;
  measured.scoreMicros = score === undefined ? 0 : Math.round(score * 1e6);
  const cost = fields['cost_usd'] as number | undefined;
  measured.costMicros = cost === undefined ? 0 : Math.round(cost * 1e6);
  const user = fields['user_id'] as string | undefined;
  measured.hasUser = user !== undefined;
  if (user !== undefined) {
    hashString(user);
    measured.userHi = hashHi;
    measured.userLo = hashLo;
  }
}
