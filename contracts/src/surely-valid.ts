import { isVisible, MESSAGE_TYPES } from './events.ts';
import { TOKEN_CLASSES } from './token-classes.ts';

/**
 * A first look at agent messages, which are most of what comes: it knows the usual shapes and says yes to them in
 * a tenth of the time the schema takes. Whatever it does not say yes to is judged by the schema, so it must never
 * say yes where the schema says no; a test holds the two against each other.
 */

/** The fields looked at here; the schema must have no other, or they would go unchecked. */
export const FIELDS_LOOKED_AT = [
  ...['id', 'ts', 'timestamp', 'labels', 'agent_id', 'message_type', 'content', 'metadata', 'error_details'],
  ...TOKEN_CLASSES,
  ...[
    'response_time_ms',
    'token_count',
    'model_used',
    'user_id',
    'session_id',
    'task_id',
    'workflow_id',
    'host_id',
    'user_feedback',
    'cost_usd',
  ],
] as const;

export type ParsedAgentMessage = Partial<Record<(typeof FIELDS_LOOKED_AT)[number], unknown>>;

const KNOWN_TYPES: ReadonlySet<unknown> = new Set(MESSAGE_TYPES);

/**
 * Whether the schema of agent messages certainly accepts `event`, as parsed from the JSON `text`. False means
 * nothing but that the schema must be asked.
 */
export function isSurelyValidMessage(event: ParsedAgentMessage, text: string): boolean {
  return (
    KNOWN_TYPES.has(event.message_type) &&
    isShort(event.agent_id) &&
    // Strings of JSON have control characters only where something is escaped, but for DEL.
    !text.includes('\\') &&
    !text.includes('\u007f') &&
    isShortOrAbsent(event.id) &&
    isNumberOrAbsent(event.ts, -Number.MAX_VALUE, Number.MAX_VALUE) &&
    event.timestamp === undefined &&
    event.labels === undefined &&
    isCountOrAbsent(event.input_tokens) &&
    isCountOrAbsent(event.output_tokens) &&
    isCountOrAbsent(event.cache_read_tokens) &&
    isCountOrAbsent(event.cache_write_tokens) &&
    isCountOrAbsent(event.reasoning_tokens) &&
    isCountOrAbsent(event.token_count) &&
    isNumberOrAbsent(event.response_time_ms, 0, 86_400_000) &&
    isNumberOrAbsent(event.user_feedback, -1_000, 1_000) &&
    isNumberOrAbsent(event.cost_usd, 0, 10_000) &&
    isShortOrAbsent(event.model_used) &&
    isShortOrAbsent(event.user_id) &&
    isShortOrAbsent(event.session_id) &&
    isShortOrAbsent(event.task_id) &&
    isShortOrAbsent(event.workflow_id) &&
    isShortOrAbsent(event.host_id) &&
    (event.content === undefined || typeof event.content === 'string') &&
    (event.metadata === undefined || isPlainObject(event.metadata)) &&
    (event.error_details === undefined || typeof event.error_details === 'string' || isPlainObject(event.error_details))
  );
}

function isShort(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= 256 && isVisible(value);
}

function isShortOrAbsent(value: unknown): boolean {
  return value === undefined || isShort(value);
}

function isNumberOrAbsent(value: unknown, least: number, most: number): boolean {
  return value === undefined || (typeof value === 'number' && value >= least && value <= most);
}

function isCountOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= 1_000_000_000 && Number.isInteger(value));
}

/** The schema library looks at `constructor`, which JSON can set: such an object is left to it. */
function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor === Object;
}
