import type { Body } from '@fleetbeat/contracts/client/client.ts';
import { ask } from '../api/ask.ts';

/** What is kept of what agents send, and of whom. Rejects as the rest of the API does. */

const PAGE = 50;
type Settings = Body<'put /redaction'>;

export const privacyApi = {
  retention: (signal?: AbortSignal) => ask('get /retention', { signal }),
  redaction: (signal?: AbortSignal) => ask('get /redaction', { signal }),
  changeRedaction: (settings: Settings, revision: number) => ask('put /redaction', { body: settings, revision }),
  /** The event is what somebody wrote: the API says what is wrong with it. */
  preview: (settings: Settings, event: unknown) =>
    ask('post /redaction/preview', { body: { settings, event } as Body<'post /redaction/preview'> }),
  erasures: (cursor: string | null, signal?: AbortSignal) => ask('get /erasures', { query: { cursor, limit: PAGE }, signal }),
  erase: (userId: string) => ask('post /erasures', { body: { user_id: userId } }),
};
