import * as z from 'zod';
import { listSchema } from '@fleetbeat/contracts/api.ts';
import { TASK_PRIORITIES, TASK_STATUSES } from '@fleetbeat/contracts/events.ts';
import { taskSchema } from '@fleetbeat/contracts/tasks.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { pageFields } from '../http/cursor.ts';
import { route, type Route } from '../http/route.ts';
import { idField, searchField } from '../http/text-fields.ts';
import type { TasksReadModel } from './read-model.ts';

const tasksQuery = z.object({
  status: z.enum(TASK_STATUSES).optional(),
  priority: z.enum(TASK_PRIORITIES).optional(),
  workflow_id: idField.optional(),
  agent_id: idField.optional(),
  q: searchField.optional().describe('Part of the id or the name, whatever its case'),
  ...pageFields,
});

export function taskRoutes(tasks: TasksReadModel): Route[] {
  return [
    route(
      'get',
      '/tasks',
      { summary: 'Tasks, the last created first', query: tasksQuery, answer: listSchema(taskSchema) },
      async ({ query }) => tasks.list(query),
    ),
    route(
      'get',
      '/tasks/{task_id}',
      { summary: 'One task', params: z.object({ task_id: idField }), answer: taskSchema },
      async ({ params }) => {
        const task = await tasks.find(params.task_id);
        if (task === null) throw new HttpProblem(404, 'unknown-task', 'there is no task of this id');
        return task;
      },
    ),
  ];
}
