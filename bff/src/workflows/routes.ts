import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import {
  newWorkflowSchema,
  timelineSchema,
  WORKFLOW_STATUSES,
  workflowPatchSchema,
  workflowSchema,
  type Workflow,
} from '@fleetbeat/contracts/workflows.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { idempotentRequest } from '../http/idempotency.ts';
import { etagOf, ifMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import type { WorkflowsReadModel } from './read-model.ts';
import { unknownWorkflow, type WorkflowChanges } from './workflow-changes.ts';

const workflowsQuery = z.object({
  status: z.enum(WORKFLOW_STATUSES).optional(),
  template_id: idField.optional().describe('The runs of this template'),
  q: searchField.optional().describe('Part of the id, the name or the description, whatever its case'),
  ...pageFields,
});

const params = z.object({ workflow_id: idField });
const IF_MATCH = { 'If-Match': 'The `ETag` of the workflow as you have read it; another than the newest is answered 412' };
const IDEMPOTENCY_KEY = { 'Idempotency-Key': 'A request sent again with the same key within 24 hours is done once' };

export function workflowRoutes(workflows: WorkflowsReadModel, changes: WorkflowChanges): Route[] {
  return [
    route(
      'get',
      '/workflows',
      { summary: 'Workflows, the newest first', query: workflowsQuery, answer: listSchema(workflowSchema) },
      async ({ query }) => workflows.list(query),
    ),
    route(
      'get',
      '/workflows/{workflow_id}',
      { summary: 'One workflow, with its ETag', params, answer: workflowSchema },
      async ({ params: { workflow_id: id }, response }) => tagged(response, await found(workflows.find(id))),
    ),
    route(
      'get',
      '/workflows/{workflow_id}/timeline',
      { summary: 'What was done when: the rows and bars of a Gantt chart', params, answer: timelineSchema },
      async ({ params: { workflow_id: id } }) => found(workflows.timeline(id)),
    ),
    route(
      'post',
      '/workflows',
      {
        summary: 'Make a workflow, and its tasks with it',
        description: 'Tasks name each other by `key` in `depends_on`. A circle is answered 409, with the tasks in it.',
        access: 'operate',
        headers: IDEMPOTENCY_KEY,
        body: newWorkflowSchema,
        texts: ['name', 'description', 'tasks.*.name', 'tasks.*.description'],
        answer: workflowSchema,
        status: 201,
      },
      async ({ body, caller, request, response }) => {
        const workflow = await changes.create(askerOf(request, response), body, idempotentRequest(request, caller.id));
        response.location(`${request.baseUrl}/workflows/${encodeURIComponent(workflow.workflow_id)}`);
        return tagged(response, workflow);
      },
    ),
    route(
      'patch',
      '/workflows/{workflow_id}',
      {
        summary: 'Name or describe a workflow',
        access: 'operate',
        headers: IF_MATCH,
        params,
        body: workflowPatchSchema,
        texts: ['name', 'description'],
        answer: workflowSchema,
      },
      async ({ params: { workflow_id: id }, body, request, response }) =>
        tagged(response, await changes.patch(askerOf(request, response), id, body, ifMatch(request))),
    ),
    route(
      'post',
      '/workflows/{workflow_id}/cancel',
      {
        summary: 'Cancel a workflow and whatever of its tasks has not ended',
        access: 'operate',
        params,
        answer: workflowSchema,
      },
      async ({ params: { workflow_id: id }, request, response }) =>
        tagged(response, await changes.cancel(askerOf(request, response), id)),
    ),
    route(
      'delete',
      '/workflows/{workflow_id}',
      {
        summary: 'Delete a workflow that is over',
        description: 'Its tasks stay. While some of them have not ended it is answered 409.',
        access: 'operate',
        headers: IF_MATCH,
        params,
      },
      async ({ params: { workflow_id: id }, request, response }) =>
        changes.remove(askerOf(request, response), id, ifMatch(request)),
    ),
  ];
}

function tagged(response: Response, workflow: Workflow): Workflow {
  response.set('etag', etagOf(workflow.revision));
  return workflow;
}

async function found<T>(reading: Promise<T | null>): Promise<T> {
  const answer = await reading;
  if (answer === null) throw unknownWorkflow();
  return answer;
}
