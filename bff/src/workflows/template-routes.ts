import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import {
  runTemplateSchema,
  templateInputSchema,
  templateSchema,
  workflowSchema,
  type Template,
} from '@fleetbeat/contracts/workflows.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { idempotentRequest } from '../http/idempotency.ts';
import { etagOf, ifMatch, requiredIfMatch } from '../http/if-match.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import type { WorkflowsReadModel } from './read-model.ts';
import { unknownTemplate, type TemplateChanges } from './template-changes.ts';
import type { WorkflowChanges } from './workflow-changes.ts';

const params = z.object({ template_id: idField });
const IF_MATCH = { 'If-Match': 'The `ETag` of the template as you have read it; another than the newest is answered 412' };
const IDEMPOTENCY_KEY = { 'Idempotency-Key': 'A request sent again with the same key within 24 hours is done once' };

export function templateRoutes(workflows: WorkflowsReadModel, changes: TemplateChanges, runs: WorkflowChanges): Route[] {
  return [
    route(
      'get',
      '/workflow-templates',
      { summary: 'Templates of workflows, the newest first', query: z.object(pageFields), answer: listSchema(templateSchema) },
      async ({ query }) => workflows.templates(query),
    ),
    route(
      'get',
      '/workflow-templates/{template_id}',
      { summary: 'One template, with its ETag', params, answer: templateSchema },
      async ({ params: { template_id: id }, response }) => {
        const template = await workflows.template(id);
        if (template === null) throw unknownTemplate();
        return tagged(response, template);
      },
    ),
    route(
      'post',
      '/workflow-templates',
      {
        summary: 'Make a template',
        access: 'operate',
        headers: IDEMPOTENCY_KEY,
        body: templateInputSchema,
        texts: ['name', 'description', 'tasks.*.name', 'tasks.*.description'],
        answer: templateSchema,
        status: 201,
      },
      async ({ body, caller, request, response }) =>
        tagged(response, await changes.create(askerOf(request, response), body, idempotentRequest(request, caller.id))),
    ),
    route(
      'put',
      '/workflow-templates/{template_id}',
      {
        summary: 'Replace a template; runs that have begun stay as they are',
        access: 'operate',
        headers: IF_MATCH,
        params,
        body: templateInputSchema,
        texts: ['name', 'description', 'tasks.*.name', 'tasks.*.description'],
        answer: templateSchema,
      },
      async ({ params: { template_id: id }, body, request, response }) =>
        tagged(response, await changes.replace(askerOf(request, response), id, body, requiredIfMatch(request))),
    ),
    route(
      'delete',
      '/workflow-templates/{template_id}',
      { summary: 'Delete a template; its runs stay', access: 'operate', headers: IF_MATCH, params },
      async ({ params: { template_id: id }, request, response }) =>
        changes.remove(askerOf(request, response), id, ifMatch(request)),
    ),
    route(
      'get',
      '/workflow-templates/{template_id}/runs',
      {
        summary: 'Runs of a template, the newest first',
        params,
        query: z.object(pageFields),
        answer: listSchema(workflowSchema),
      },
      async ({ params: { template_id: id }, query }) => workflows.list({ ...query, template_id: id }),
    ),
    route(
      'post',
      '/workflow-templates/{template_id}/runs',
      {
        summary: 'Start a run: a workflow with all tasks of the template',
        access: 'operate',
        headers: IDEMPOTENCY_KEY,
        params,
        body: runTemplateSchema,
        texts: ['name'],
        answer: workflowSchema,
        status: 201,
      },
      async ({ params: { template_id: id }, body, caller, request, response }) => {
        const workflow = await runs.run(askerOf(request, response), id, body, idempotentRequest(request, caller.id));
        response.location(`${request.baseUrl}/workflows/${encodeURIComponent(workflow.workflow_id)}`);
        response.set('etag', etagOf(workflow.revision));
        return workflow;
      },
    ),
  ];
}

function tagged(response: Response, template: Template): Template {
  response.set('etag', etagOf(template.revision));
  return template;
}
