import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { commentedSchema, commentSchema, newCommentSchema, saidSchema, type Comment } from '@fleetbeat/contracts/comments.ts';
import { hasScope, type Caller } from '@fleetbeat/infra/access/scopes.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { idempotentRequest } from '../http/idempotency.ts';
import { etagOf, ifMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import type { Author, CommentChanges } from './comment-changes.ts';
import type { CommentsReadModel } from './read-model.ts';

const commentsQuery = z.object({
  entity_type: commentedSchema.optional(),
  entity_id: idField.optional(),
  author_id: idField.optional(),
  order: z.enum(['asc', 'desc']).default('asc').describe('`asc`: as it was said; `desc`: the newest first'),
  ...pageFields,
});
const idNumber = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const params = z.object({ comment_id: idNumber });
const IDEMPOTENCY_KEY = { 'Idempotency-Key': 'A request sent again with the same key within 24 hours is done once' };
const IF_MATCH = { 'If-Match': 'The `ETag` of the comment as you have read it; another than the newest is answered 412' };

export function commentRoutes(list: CommentsReadModel, changes: CommentChanges): Route[] {
  return [
    route(
      'get',
      '/comments',
      {
        summary: 'What people and agents say about tasks, suggestions and incidents',
        query: commentsQuery,
        answer: listSchema(commentSchema),
      },
      async ({ query }) => list(query),
    ),
    route(
      'post',
      '/comments',
      {
        summary: 'Say something about a task, a suggestion or an incident',
        access: 'operate',
        headers: IDEMPOTENCY_KEY,
        body: newCommentSchema,
        texts: ['text'],
        answer: commentSchema,
        status: 201,
      },
      async ({ body, caller, request, response }) => {
        const asker = askerOf(request, response);
        return tagged(response, await changes.add(asker, personOf(caller), body, idempotentRequest(request, caller.id)));
      },
    ),
    route(
      'post',
      '/agents/{agent_id}/comments',
      {
        summary: 'As an agent, say something about a task, a suggestion or an incident',
        access: 'ingest',
        headers: IDEMPOTENCY_KEY,
        params: z.object({ agent_id: idField }),
        body: newCommentSchema,
        texts: ['text'],
        answer: commentSchema,
        status: 201,
      },
      async ({ params: { agent_id: id }, body, caller, request, response }) => {
        const agent: Author = { type: 'agent', id, name: id };
        return tagged(
          response,
          await changes.add(askerOf(request, response), agent, body, idempotentRequest(request, caller.id)),
        );
      },
    ),
    route(
      'post',
      '/incidents/{incident_id}/comments',
      {
        summary: 'Say something about an incident',
        access: 'operate',
        headers: IDEMPOTENCY_KEY,
        params: z.object({ incident_id: idNumber }),
        body: saidSchema,
        texts: ['text'],
      },
      async ({ params: { incident_id: id }, body: { text }, caller, request, response }) => {
        const said = { entity_type: 'incident', entity_id: String(id), text } as const;
        await changes.add(askerOf(request, response), personOf(caller), said, idempotentRequest(request, caller.id), 404);
      },
    ),
    route(
      'patch',
      '/comments/{comment_id}',
      {
        summary: 'Change what you have said',
        access: 'operate',
        headers: IF_MATCH,
        params,
        body: saidSchema,
        texts: ['text'],
        answer: commentSchema,
      },
      async ({ params: { comment_id: id }, body, caller, request, response }) =>
        tagged(response, await changes.edit(askerOf(request, response), personOf(caller), id, body.text, ifMatch(request))),
    ),
    route(
      'delete',
      '/comments/{comment_id}',
      { summary: 'Delete what you have said; admins, what anybody has', access: 'operate', headers: IF_MATCH, params },
      async ({ params: { comment_id: id }, caller, request, response }) => {
        const author = { ...personOf(caller), moderates: hasScope(caller, 'admin') };
        await changes.remove(askerOf(request, response), author, id, ifMatch(request));
      },
    ),
  ];
}

function personOf({ id, name }: Caller): Author {
  return { type: 'human', id, name };
}

function tagged(response: Response, comment: Comment): Comment {
  response.set('etag', etagOf(comment.revision));
  return comment;
}
