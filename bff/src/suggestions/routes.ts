import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import {
  autoApprovalInputSchema,
  autoApprovalSchema,
  calibrationFields,
  calibrationSchema,
  decisionSchema,
  newSuggestionSchema,
  suggestionSchema,
  suggestionStatusSchema,
  type Suggestion,
} from '@fleetbeat/contracts/suggestions.ts';
import { nameSchema } from '@fleetbeat/contracts/text.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { idempotentRequest } from '../http/idempotency.ts';
import { etagOf, ifMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import type { SetAutoApproval } from './auto-approval-changes.ts';
import type { Outcomes } from './outcomes.ts';
import type { SuggestionsReadModel } from './read-model.ts';
import { unknownSuggestion, type SuggestionChanges } from './suggestion-changes.ts';

const suggestionsQuery = z.object({
  status: z
    .union([suggestionStatusSchema, z.array(suggestionStatusSchema).max(4)])
    .optional()
    .describe('Several: any of these'),
  agent_id: idField.optional(),
  action: nameSchema.optional(),
  task_id: idField.optional(),
  q: searchField.optional().describe('Part of the action, the reasoning, the agent, the task or the reason, whatever its case'),
  ...pageFields,
});
const params = z.object({ suggestion_id: idField });
const IDEMPOTENCY_KEY = { 'Idempotency-Key': 'A request sent again with the same key within 24 hours is done once' };
const IF_MATCH = { 'If-Match': 'The `ETag` of what you have read; another than the newest is answered 412' };

export interface SuggestionRouteParts {
  readonly suggestions: SuggestionsReadModel;
  readonly changes: SuggestionChanges;
  readonly outcomes: Outcomes;
  readonly setAutoApproval: SetAutoApproval;
}

export function suggestionRoutes({ suggestions, changes, outcomes, setAutoApproval }: SuggestionRouteParts): Route[] {
  function deciding(name: 'approve' | 'reject', summary: string, description: string): Route {
    return route(
      'post',
      `/suggestions/{suggestion_id}/${name}`,
      {
        summary,
        description,
        access: 'operate',
        headers: { ...IDEMPOTENCY_KEY, ...IF_MATCH },
        params,
        body: decisionSchema,
        texts: ['reason'],
        answer: suggestionSchema,
      },
      async ({ params: { suggestion_id: id }, body, caller, request, response }) => {
        const decision = { id, reason: body.reason ?? null, precondition: ifMatch(request) };
        return tagged(response, await changes[name](askerOf(request, response), decision, idempotentRequest(request, caller.id)));
      },
    );
  }

  return [
    route(
      'get',
      '/suggestions',
      { summary: 'What agents suggest, the newest first', query: suggestionsQuery, answer: listSchema(suggestionSchema) },
      async ({ query }) => suggestions.list({ ...query, status: [query.status ?? []].flat() }),
    ),
    route(
      'post',
      '/suggestions',
      {
        summary: 'As an agent, suggest something to people',
        access: 'ingest',
        headers: IDEMPOTENCY_KEY,
        body: newSuggestionSchema,
        texts: ['action', 'reasoning'],
        answer: suggestionSchema,
        status: 201,
      },
      async ({ body, caller, request, response }) => {
        const made = await changes.create(askerOf(request, response), body, idempotentRequest(request, caller.id));
        response.location(`${request.baseUrl}/suggestions/${encodeURIComponent(made.id)}`);
        return tagged(response, made);
      },
    ),
    route(
      'get',
      '/suggestions/calibration',
      {
        summary: 'How far confidence can be trusted: a reliability curve, and from where on to approve without asking',
        query: z.object({ agent_id: idField.optional(), action: nameSchema.optional(), ...calibrationFields }),
        answer: calibrationSchema,
      },
      async ({ query }) => outcomes.calibrate(query),
    ),
    route(
      'get',
      '/suggestions/auto-approve',
      {
        summary: 'What is approved by itself, by agent and action, and what would be recommended',
        query: z.object({ agent_id: idField.optional() }),
        answer: listSchema(autoApprovalSchema),
      },
      async ({ query }) => ({ items: await outcomes.autoApprovals(query.agent_id), next_cursor: null }),
    ),
    route(
      'put',
      '/suggestions/auto-approve',
      {
        summary: 'Have suggestions of an agent and an action approved by themselves, or no longer',
        access: 'admin',
        headers: IF_MATCH,
        body: autoApprovalInputSchema,
        texts: ['action'],
        answer: listSchema(autoApprovalSchema),
      },
      async ({ body, request, response }) => {
        await setAutoApproval(askerOf(request, response), body, ifMatch(request));
        return { items: await outcomes.autoApprovals(body.agent_id), next_cursor: null };
      },
    ),
    route(
      'get',
      '/suggestions/{suggestion_id}',
      { summary: 'One suggestion, with its ETag', params, answer: suggestionSchema },
      async ({ params: { suggestion_id: id }, response }) => {
        const suggestion = await suggestions.find(id);
        if (suggestion === null) throw unknownSuggestion();
        return tagged(response, suggestion);
      },
    ),
    deciding(
      'approve',
      'Approve a suggestion, which does what it asks for',
      'Once: of several who decide at the same time one does, the others are answered 409. What cannot be done is not approved.',
    ),
    deciding(
      'reject',
      'Reject a suggestion',
      'Once: of several who decide at the same time one does, the others are answered 409.',
    ),
  ];
}

function tagged(response: Response, suggestion: Suggestion): Suggestion {
  response.set('etag', etagOf(suggestion.revision));
  return suggestion;
}
