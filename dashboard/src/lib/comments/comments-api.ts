import type { Commented } from '@fleetbeat/contracts/comments.ts';
import { ask } from '../api/ask.ts';

/** What is said about what. */
export interface Subject {
  readonly entity_type: Commented;
  readonly entity_id: string;
}

export const commentsApi = {
  /** The newest first. */
  list: (subject: Subject, query: { limit: number; cursor?: string | null | undefined }, signal?: AbortSignal) =>
    ask('get /comments', { query: { ...subject, ...query, order: 'desc' }, signal }),
  add: (subject: Subject, text: string) => ask('post /comments', { body: { ...subject, text } }),
  edit: (id: number, text: string, revision: number) =>
    ask('patch /comments/{comment_id}', { params: { comment_id: id }, body: { text }, revision }),
  remove: (id: number) => ask('delete /comments/{comment_id}', { params: { comment_id: id } }),
};
