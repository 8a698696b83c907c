import type { StoredEvent } from '@fleetbeat/contracts/api.ts';
import { formatNumber } from '@fleetbeat/contracts/format-number.ts';

export type EventTypeName = StoredEvent['message_type'];

/** The types of event with their name and colour on every page. */
export const EVENT_TYPES = [
  { type: 'agent_response', label: 'Answer', color: 'var(--series-1)' },
  { type: 'user_message', label: 'User', color: 'var(--series-6)' },
  { type: 'tool_call', label: 'Tool', color: 'var(--series-3)' },
  { type: 'error', label: 'Error', color: 'var(--error)' },
  { type: 'feedback', label: 'Feedback', color: 'var(--series-4)' },
  { type: 'heartbeat', label: 'Heartbeat', color: 'var(--series-8)' },
] as const satisfies readonly { type: EventTypeName; label: string; color: string }[];

const LONGEST = 300;

/** One line that tells the event from its neighbours; empty where it says nothing of itself. */
export function summaryOf({ event, message_type }: StoredEvent): string {
  const { error_details: error, content, user_feedback: score, status } = event;
  const metadata = isObject(event['metadata']) ? event['metadata'] : {};
  const parts: string[] = [];
  if (message_type === 'error') parts.push(typeof error === 'string' ? error : isObject(error) ? told(error) : '');
  if (message_type === 'feedback' && typeof score === 'number') parts.push(`score ${formatNumber(score)}`);
  if (message_type === 'heartbeat' && typeof status === 'string') parts.push(status);
  if (message_type === 'tool_call') parts.push(text(metadata['tool'] ?? metadata['tool_name'] ?? metadata['name']));
  parts.push(text(content));
  if (message_type === 'agent_response') parts.push(text(event['model_used']));
  return parts.filter(Boolean).join(' · ').replaceAll(/\s+/g, ' ').slice(0, LONGEST);
}

function told(error: Record<string, unknown>): string {
  return [text(error['code'] ?? error['type']), text(error['message'])].filter(Boolean).join(': ') || JSON.stringify(error);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
