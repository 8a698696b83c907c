import type { List } from '@fleetbeat/contracts/api.ts';
import type { Erasure } from '@fleetbeat/contracts/erasures.ts';
import type { RedactionPreview, RedactionSettings, StoredRedaction } from '@fleetbeat/contracts/redaction.ts';
import { get, send } from '../api/client.ts';

/** What is kept of what agents send, and of whom. Rejects as the rest of the API does. */

const PAGE = 50;

export const privacyApi = {
  redaction: (signal?: AbortSignal) => get<StoredRedaction>('/redaction', {}, signal),
  changeRedaction: (settings: RedactionSettings, revision: number) =>
    send<StoredRedaction>('PUT', '/redaction', settings, revision),
  preview: (settings: RedactionSettings, event: unknown) =>
    send<RedactionPreview>('POST', '/redaction/preview', { settings, event }),
  erasures: (cursor: string | null, signal?: AbortSignal) => get<List<Erasure>>('/erasures', { cursor, limit: PAGE }, signal),
  erase: (userId: string) => send<Erasure>('POST', '/erasures', { user_id: userId }),
};
