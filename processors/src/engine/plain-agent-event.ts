import { MESSAGE_TYPES } from '@fleetbeat/contracts/events.ts';

const MESSAGE_TYPE_SET: ReadonlySet<unknown> = new Set(MESSAGE_TYPES);

/**
 * Whether an object is certainly a valid agent message: the quick way in for the common case.
 *
 * True only where `agentMessageSchema` accepts the object too (a property test holds the two together).
 * False says nothing: the caller asks the schema, which also finds the words for what is wrong.
 */
export function isPlainAgentEvent(fields: Readonly<Record<string, unknown>>): boolean {
  let required = 0;
  for (const name in fields) {
    const value = fields[name];
    switch (name) {
      case 'agent_id':
        if (!isPlainId(value)) return false;
        required |= 1;
        break;
      case 'message_type':
        if (!MESSAGE_TYPE_SET.has(value)) return false;
        required |= 2;
        break;
      case 'id':
      case 'model_used':
      case 'user_id':
      case 'session_id':
      case 'task_id':
      case 'workflow_id':
      case 'host_id':
        if (!isPlainId(value)) return false;
        break;
      case 'input_tokens':
      case 'output_tokens':
      case 'cache_read_tokens':
      case 'cache_write_tokens':
      case 'reasoning_tokens':
      case 'token_count':
        if (!(typeof value === 'number' && value >= 0 && value <= 1_000_000_000 && Number.isInteger(value))) return false;
        break;
      case 'ts':
        if (!Number.isFinite(value)) return false;
        break;
      case 'response_time_ms':
        if (!(typeof value === 'number' && value >= 0 && value <= 86_400_000)) return false;
        break;
      case 'user_feedback':
        if (!(typeof value === 'number' && value >= -1_000 && value <= 1_000)) return false;
        break;
      case 'cost_usd':
        if (!(typeof value === 'number' && value >= 0 && value <= 10_000)) return false;
        break;
      case 'content':
        if (typeof value !== 'string') return false;
        break;
      case 'metadata':
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
        break;
      case 'timestamp':
      case 'labels':
      case 'error_details':
        return false;
      default:
    }
  }
  return required === 3;
}

/** Printable ASCII only: what the id schema allows beyond that is left to the schema. */
function isPlainId(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const { length } = value;
  if (length === 0 || length > 256) return false;
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
