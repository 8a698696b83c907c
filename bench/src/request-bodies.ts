/**
 * Request bodies of agent events whose ids and times are overwritten in place, so that making load costs next
 * to nothing beside the system that is measured.
 */

const ID_DIGITS = 12;
const TIME_DIGITS = 13;
const MODELS = ['sonnet', 'opus', 'haiku', 'small', 'large'];
const TYPES = ['agent_response', 'agent_response', 'tool_call', 'user_message', 'agent_response', 'error'];

/** A JSON array of `count` events whose id and time can be set again and again. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly count: number;
  /** Gives the events the ids `first`, `first + 1`, ... and one time (epoch ms). */
  renew(first: number, ts: number): void;
}

/** The `number`-th body of a fleet of `agents` agents, each of which sends `together` events one after the other. */
export function requestBody(number: number, count: number, agents: number, together = 1): RequestBody {
  const events = Array.from({ length: count }, (_, index) => eventText(number * count + index, agents, together));
  const text = `[${events.join(',')}]`;
  const bytes = Buffer.from(text);
  const ids = offsetsOf(text, '"id":"bench-');
  const times = offsetsOf(text, '"ts":');
  return {
    bytes,
    count,
    renew(first, ts) {
      const time = String(ts);
      for (let index = 0; index < count; index++) {
        bytes.write(String(first + index).padStart(ID_DIGITS, '0'), ids[index] ?? 0, 'latin1');
        bytes.write(time, times[index] ?? 0, 'latin1');
      }
    },
  };
}

function eventText(number: number, agents: number, together: number): string {
  const type = TYPES[number % TYPES.length];
  const response =
    type === 'agent_response'
      ? {
          response_time_ms: 200 + ((number * 7_919) % 4_000) + 0.5,
          input_tokens: (number * 31) % 5_000,
          output_tokens: (number * 17) % 400,
          cost_usd: ((number * 13) % 100) / 1e4,
        }
      : {};
  return JSON.stringify({
    id: `bench-${'0'.repeat(ID_DIGITS)}`,
    ts: 10 ** (TIME_DIGITS - 1),
    agent_id: `agent-${(Math.floor(number / together) * 7_919) % agents}`,
    message_type: type,
    session_id: `session-${number % 997}`,
    user_id: `user-${(number * 31) % 600}`,
    model_used: MODELS[number % MODELS.length],
    ...response,
    content: 'What the agent had to say about it, in a sentence or two.',
  });
}

function offsetsOf(text: string, marker: string): number[] {
  const offsets: number[] = [];
  for (let at = text.indexOf(marker); at !== -1; at = text.indexOf(marker, at + 1)) offsets.push(at + marker.length);
  return offsets;
}
