import * as z from 'zod';
import {
  claimedSchema,
  claimSchema,
  completionSchema,
  failureSchema,
  leaseHeartbeatSchema,
  leaseSchema,
  releaseSchema,
} from '@fleetbeat/contracts/task-leases.ts';
import { taskSchema } from '@fleetbeat/contracts/tasks.ts';
import { askerOf } from '../access/asker.ts';
import { idempotentRequest } from '../http/idempotency.ts';
import { route, type Route } from '../http/route.ts';
import { idField } from '../http/text-fields.ts';
import type { Dispatch, Holding } from './dispatch.ts';

const agentParams = z.object({ agent_id: idField });
const heldParams = z.object({ agent_id: idField, task_id: idField });
const IDEMPOTENCY_KEY = { 'Idempotency-Key': 'A request sent again with the same key within 24 hours is done once' };
const LOST = 'A token that is no longer the newest of the task, or has run out, is answered 409 `lease-lost`.';

/** How agents work off the board. */
export function dispatchRoutes(dispatch: Dispatch): Route[] {
  return [
    route(
      'post',
      '/agents/{agent_id}/tasks/claim',
      {
        summary: 'Give an agent tasks that are ready',
        description:
          'Ready are pending tasks that wait for no others and need no capability that the agent lacks: high priority first, ' +
          'then the next due, then the oldest.',
        access: 'ingest',
        headers: IDEMPOTENCY_KEY,
        params: agentParams,
        body: claimSchema,
        answer: claimedSchema,
      },
      async ({ params: { agent_id: agentId }, body, caller, request, response }) =>
        dispatch.claim(askerOf(request, response), agentId, body, idempotentRequest(request, caller.id)),
    ),
    route(
      'post',
      '/agents/{agent_id}/tasks/{task_id}/heartbeat',
      {
        summary: 'Keep a claimed task',
        description: LOST,
        access: 'ingest',
        params: heldParams,
        body: leaseHeartbeatSchema,
        answer: leaseSchema,
      },
      async ({ params, body, request, response }) =>
        dispatch.heartbeat(askerOf(request, response), holding(params, body), body.progress),
    ),
    route(
      'post',
      '/agents/{agent_id}/tasks/{task_id}/complete',
      {
        summary: 'Complete a claimed task',
        description: LOST,
        access: 'ingest',
        params: heldParams,
        body: completionSchema,
        texts: ['result'],
        answer: taskSchema,
      },
      async ({ params, body, request, response }) =>
        dispatch.complete(askerOf(request, response), holding(params, body), body.result),
    ),
    route(
      'post',
      '/agents/{agent_id}/tasks/{task_id}/fail',
      {
        summary: 'Report that an attempt came to nothing',
        description: `The task goes back to the board after a while, or has failed once its attempts are used up. ${LOST}`,
        access: 'ingest',
        params: heldParams,
        body: failureSchema,
        texts: ['error'],
        answer: taskSchema,
      },
      async ({ params, body, request, response }) =>
        dispatch.fail(askerOf(request, response), holding(params, body), body.error, body.retry),
    ),
    route(
      'post',
      '/agents/{agent_id}/tasks/{task_id}/release',
      {
        summary: 'Give a claimed task back, as if it had never been claimed',
        description: LOST,
        access: 'ingest',
        params: heldParams,
        body: releaseSchema,
        answer: taskSchema,
      },
      async ({ params, body, request, response }) => dispatch.release(askerOf(request, response), holding(params, body)),
    ),
  ];
}

function holding(params: { agent_id: string; task_id: string }, body: { lease_token: string }): Holding {
  return { agentId: params.agent_id, taskId: params.task_id, token: body.lease_token };
}
