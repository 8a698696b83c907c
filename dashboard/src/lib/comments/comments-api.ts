import type { List } from '@fleetbeat/contracts/api.ts';
import type { Comment, Commented } from '@fleetbeat/contracts/comments.ts';
import { get, send } from '../api/client.ts';

/** What is said about what. */
export interface Subject {
  readonly entity_type: Commented;
  readonly entity_id: string;
}

export const commentsApi = {
  /** The newest first. */
  list: (subject: Subject, query: { limit: number; cursor?: string | null | undefined }, signal?: AbortSignal) =>
    get<List<Comment>>('/comments', { ...subject, ...query, order: 'desc' }, signal),
  add: (subject: Subject, text: string) => send<Comment>('POST', '/comments', { ...subject, text }),
  edit: (id: number, text: string, revision: number) => send<Comment>('PATCH', `/comments/${id}`, { text }, revision),
  remove: (id: number) => send<void>('DELETE', `/comments/${id}`),
};
