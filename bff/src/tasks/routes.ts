import type { Response } from 'express';
import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { TASK_PRIORITIES } from '@fleetbeat/contracts/events.ts';
import { newTaskSchema, taskPatchSchema, taskReplacementSchema, taskStatusInputSchema } from '@fleetbeat/contracts/task-input.ts';
import { taskCountsSchema, taskSchema, type Task } from '@fleetbeat/contracts/tasks.ts';
import { askerOf } from '../access/asker.ts';
import { pageFields } from '../http/cursor.ts';
import { idempotentRequest } from '../http/idempotency.ts';
import { etagOf, ifMatch, requiredIfMatch } from '../http/if-match.ts';
import { labelField, labelsOf } from '../http/label-fields.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import { CAN_BE_LOOKED_UP, type TasksReadModel } from './read-model.ts';
import { unknownTask, type TaskChanges } from './task-changes.ts';
import { TASK_SORT_NAMES } from './task-sorts.ts';

const filterFields = {
  status: z
    .union([taskStatusInputSchema, z.array(taskStatusInputSchema).max(10)])
    .optional()
    .describe('Several: any of these'),
  priority: z.enum(TASK_PRIORITIES).optional(),
  workflow_id: idField.optional(),
  agent_id: idField.optional(),
  label: labelField('Of agents that carry these'),
  q: searchField
    .optional()
    .describe(
      'Part of the id, the name or the description, whatever its case. Where more than 1,000 tasks have it, or it has no three ' +
        'letters or digits in a row, a page looks through 2,000 tasks of each status and may have fewer items than there are: ' +
        'go on at `next_cursor`',
    ),
};
const tasksQuery = z.object({
  ...filterFields,
  sort: z
    .enum(TASK_SORT_NAMES)
    .default('created_at')
    .describe('`created_at`, `updated_at`: the newest first; `due_date`: the next first; `priority`: high first'),
  ...pageFields,
});
const countsQuery = z.object({
  ...filterFields,
  q: searchField.regex(CAN_BE_LOOKED_UP, 'must have three letters or digits in a row').optional(),
});

const params = z.object({ task_id: idField });
const TEXTS = ['name', 'description', 'result', 'error'];
const IF_MATCH = { 'If-Match': 'The `ETag` of the task as you have read it; another than the newest is answered 412' };
const IDEMPOTENCY_KEY = { 'Idempotency-Key': 'A request sent again with the same key within 24 hours is done once' };

export function taskRoutes(tasks: TasksReadModel, changes: TaskChanges): Route[] {
  return [
    route('get', '/tasks', { summary: 'Tasks', query: tasksQuery, answer: listSchema(taskSchema) }, async ({ query }) =>
      tasks.list({ ...query, labels: labelsOf(query.label), status: [query.status ?? []].flat() }),
    ),
    route(
      'get',
      '/task-counts',
      {
        summary: 'How many tasks there are of each status',
        description:
          'Counts 10,000 tasks of a status at most; of an agent or a workflow it looks at 20,000, with a text at 1,000. `more` ' +
          'tells that there may be more.',
        query: countsQuery,
        answer: taskCountsSchema,
      },
      async ({ query }) => tasks.count({ ...query, labels: labelsOf(query.label), status: [query.status ?? []].flat() }),
    ),
    route(
      'get',
      '/tasks/{task_id}',
      { summary: 'One task, with its ETag', params, answer: taskSchema },
      async ({ params: { task_id: taskId }, response }) => {
        const task = await tasks.find(taskId);
        if (task === null) throw unknownTask();
        return tagged(response, task);
      },
    ),
    route(
      'post',
      '/tasks',
      {
        summary: 'Make a task',
        access: 'operate',
        headers: IDEMPOTENCY_KEY,
        body: newTaskSchema,
        texts: TEXTS,
        answer: taskSchema,
        status: 201,
      },
      async ({ body, caller, request, response }) => {
        const task = await changes.create(askerOf(request, response), body, idempotentRequest(request, caller.id));
        response.location(`${request.baseUrl}/tasks/${encodeURIComponent(task.task_id)}`);
        return tagged(response, task);
      },
    ),
    route(
      'put',
      '/tasks/{task_id}',
      {
        summary: 'Replace what can be set of a task',
        description: 'Status and progress stay as they are where they are absent; every other absent field is emptied.',
        access: 'operate',
        headers: IF_MATCH,
        params,
        body: taskReplacementSchema,
        texts: TEXTS,
        answer: taskSchema,
      },
      async ({ params: { task_id: taskId }, body, request, response }) =>
        tagged(response, await changes.update(askerOf(request, response), taskId, body, requiredIfMatch(request))),
    ),
    route(
      'patch',
      '/tasks/{task_id}',
      {
        summary: 'Change some fields of a task',
        description: 'A status that may not follow the present one is answered 409, with those that may in `allowed`.',
        access: 'operate',
        headers: IF_MATCH,
        params,
        body: taskPatchSchema,
        texts: TEXTS,
        answer: taskSchema,
      },
      async ({ params: { task_id: taskId }, body, request, response }) =>
        tagged(response, await changes.update(askerOf(request, response), taskId, body, requiredIfMatch(request))),
    ),
    route(
      'delete',
      '/tasks/{task_id}',
      { summary: 'Delete a task', access: 'operate', headers: IF_MATCH, params },
      async ({ params: { task_id: taskId }, request, response }) =>
        changes.remove(askerOf(request, response), taskId, ifMatch(request)),
    ),
  ];
}

function tagged(response: Response, task: Task): Task {
  response.set('etag', etagOf(task.revision));
  return task;
}
