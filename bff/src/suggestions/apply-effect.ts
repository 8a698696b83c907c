import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { Effect, Suggestion } from '@fleetbeat/contracts/suggestions.ts';
import type { TaskPatch } from '@fleetbeat/contracts/task-input.ts';
import type { Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { taskNews } from '@fleetbeat/infra/tasks/task-news.ts';
import type { ChangedTasks } from '@fleetbeat/infra/tasks/task-rows.ts';
import type { Precondition } from '../http/if-match.ts';

/** What other features do for an approval, inside its transaction. */
export interface EffectParts {
  readonly updateTask: (
    transaction: Transaction,
    asker: Asker,
    taskId: string,
    patch: TaskPatch,
    precondition: Precondition,
  ) => Promise<{ readonly all: ChangedTasks }>;
  readonly pauseAgent: (transaction: Transaction, asker: Asker, agentId: string) => Promise<void>;
  readonly publicUrl: string;
}

/** As the webhook's receiver reads it. */
const TITLE_LENGTH = 80;

/**
 * Does what an approval is for, with everything else that its transaction writes, or throws the problem that says why it
 * cannot be done: that of the change itself, or `subject-gone` (409) where the task, agent or channel is there no more.
 */
export async function applyEffect(
  transaction: Transaction,
  asker: Asker,
  suggestion: Suggestion,
  { updateTask, pauseAgent, publicUrl }: EffectParts,
  now: number,
): Promise<LiveRecord[]> {
  const { effect, task_id: taskId } = suggestion;
  switch (effect?.type) {
    case undefined:
      return [];
    case 'set_task_status': {
      if (taskId === null) throw gone('the suggestion names no task');
      const patch = { status: effect.status };
      const { all } = await unlessGone(updateTask(transaction, asker, taskId, patch, () => undefined));
      return taskNews(all);
    }
    case 'pause_agent':
      await unlessGone(pauseAgent(transaction, asker, effect.agent_id));
      return [];
    case 'call_webhook':
      await needWebhook(transaction, effect, () => gone('its channel is deleted or switched off'));
      await enqueueDelivery(transaction, {
        channelId: effect.channel_id,
        idempotencyKey: `suggestion-${suggestion.id}`,
        notice: noticeOf(suggestion, asker, publicUrl, now),
      });
      return [];
    default:
      return effect satisfies never;
  }
}

/** Throws what `missing` makes where there is no webhook that could be called. */
export async function needWebhook(
  transaction: Transaction,
  { channel_id: channelId }: Extract<Effect, { type: 'call_webhook' }>,
  missing: () => HttpProblem,
): Promise<void> {
  const { rowCount } = await transaction.query(
    `select from channels where id = $1 and type = 'webhook' and enabled and deleted_at is null for share`,
    [channelId],
  );
  if (rowCount === 0) throw missing();
}

function gone(detail: string): HttpProblem {
  return new HttpProblem(409, 'subject-gone', detail);
}

/** What the path of another route would not find is a conflict here. */
async function unlessGone<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HttpProblem && error.status === 404) throw gone(error.detail);
    throw error;
  }
}

function noticeOf(suggestion: Suggestion, { actor }: Asker, publicUrl: string, now: number): Notice {
  const { id, agent_id: agent, action, task_id: task, reasoning, confidence } = suggestion;
  const title = [...`Approved: ${action} (${agent})`];
  return {
    kind: 'approved',
    dedup_key: `fleetbeat-suggestion-${id}`,
    incident_id: null,
    severity: 'info',
    title: title.length <= TITLE_LENGTH ? title.join('') : `${title.slice(0, TITLE_LENGTH - 1).join('')}…`,
    body: reasoning,
    url: `${publicUrl}/suggestions?id=${encodeURIComponent(id)}`,
    at: now,
    started_at: suggestion.created_at,
    group_labels: {
      suggestion: id,
      agent,
      action,
      confidence: String(confidence),
      approved_by: actor.id,
      ...(task === null ? {} : { task }),
    },
    alerts: [],
    more_alerts: 0,
  };
}
