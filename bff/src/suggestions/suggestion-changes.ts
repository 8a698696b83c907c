import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import {
  LONGEST_EXPIRY_MS,
  USUAL_EXPIRY_MS,
  type Effect,
  type NewSuggestion,
  type Suggestion,
} from '@fleetbeat/contracts/suggestions.ts';
import { changesBetween, recordChange, type Asker, type AuditedChange } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { recordNotification } from '@fleetbeat/infra/notifications/record-notification.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { SUGGESTION_COLUMNS } from '@fleetbeat/infra/suggestions/suggestion-columns.ts';
import type { Announce } from '../http/announce.ts';
import type { Change } from '../http/change.ts';
import { once, type IdempotentRequest } from '../http/idempotency.ts';
import type { Precondition } from '../http/if-match.ts';
import { newId } from '../http/new-id.ts';
import { applyEffect, needWebhook, type EffectParts } from './apply-effect.ts';

/** Suggestions of one agent that may wait at a time. */
const MAX_WAITING = 500;
/** Of the reasoning, told in the dashboard, in characters. */
const TOLD = 300;
const CREATED = ['agent_id', 'action', 'reasoning', 'confidence', 'task_id', 'effect', 'expires_at'] as const;
const DECIDED = ['status', 'approved_by', 'rejected_by', 'reason'] as const;

/** Who approves what may be approved by itself. */
export const AUTO_APPROVAL = { id: 'auto-approval', type: 'system' } as const;

/** What somebody decides, and as what they have read it. */
export interface Decision {
  readonly id: string;
  readonly reason: string | null;
  readonly precondition: Precondition | null;
}

interface Done {
  readonly suggestion: Suggestion;
  readonly news: LiveRecord[];
}

export interface SuggestionParts extends EffectParts {
  readonly change: Change;
  readonly announce: Announce;
  readonly now: () => number;
}

/**
 * Takes suggestions and decides them. A decision is one transaction with the audit log and with what approval does, under the
 * lock of the suggestion's row: of any number who decide at once, one does, and what is approved is done once. Throws problems.
 */
export function createSuggestionChanges(parts: SuggestionParts) {
  const { change, announce, now } = parts;

  async function create(asker: Asker, input: NewSuggestion, request: IdempotentRequest | null): Promise<Suggestion> {
    let news: LiveRecord[] = [];
    const { answer } = await change('suggestions.create', (transaction) =>
      once(transaction, request, async () => {
        const created = await insert(transaction, asker, input);
        const approved = await approveByItself(transaction, asker, created);
        const suggestion = approved?.suggestion ?? (await lock(transaction, created.id));
        news = [{ type: 'suggestion_created', data: created }, ...(approved?.news ?? [])];
        if (suggestion.status === 'pending') news.push(...(await tell(transaction, suggestion)));
        return suggestion;
      }),
    );
    announce(news);
    return answer;
  }

  async function insert(transaction: Transaction, asker: Asker, input: NewSuggestion): Promise<Suggestion> {
    const at = now();
    const expiresAt = input.expires_at ?? at + USUAL_EXPIRY_MS;
    if (expiresAt <= at) throw new HttpProblem(400, 'invalid-body', 'expires_at: must lie ahead');
    if (expiresAt - at > LONGEST_EXPIRY_MS) throw new HttpProblem(400, 'invalid-body', 'expires_at: at most 30 days ahead');
    await needAgent(transaction, 'agent_id', input.agent_id);
    await needTask(transaction, input.task_id);
    const effect = await knownEffect(transaction, input);
    await needRoom(transaction, input.agent_id);
    const { rows } = await transaction.query<Suggestion>(
      `insert into suggestions (id, agent_id, action, reasoning, confidence, task_id, effect, created_at, created_by, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${SUGGESTION_COLUMNS}`,
      [
        newId(at),
        input.agent_id,
        input.action,
        input.reasoning,
        input.confidence,
        input.task_id,
        effect === null ? null : JSON.stringify(effect),
        at,
        asker.actor.id,
        expiresAt,
      ],
    );
    const [created] = rows;
    if (created === undefined) throw new Error('a suggestion was not written');
    await record(transaction, asker, 'created', null, created, CREATED);
    return created;
  }

  /** What may be approved by itself and cannot be done waits for people, and says why. */
  async function approveByItself(transaction: Transaction, { requestId }: Asker, created: Suggestion): Promise<Done | null> {
    const { rowCount } = await transaction.query(
      `select from suggestion_auto_approvals where agent_id = $1 and action = $2 and enabled and $3 >= threshold for share`,
      [created.agent_id, created.action, created.confidence],
    );
    if (rowCount === 0) return null;
    await transaction.query('savepoint by_itself');
    try {
      const decision = { id: created.id, reason: null, precondition: null };
      return await approveWithin(transaction, { actor: AUTO_APPROVAL, requestId }, decision);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      await transaction.query('rollback to savepoint by_itself');
      await transaction.query('update suggestions set held_back = $2 where id = $1', [created.id, error.detail]);
      return null;
    }
  }

  async function approveWithin(transaction: Transaction, asker: Asker, { id, reason, precondition }: Decision): Promise<Done> {
    const at = now();
    const before = await lockPending(transaction, id, precondition, at);
    const effects = await applyEffect(transaction, asker, before, parts, at);
    const suggestion = await write(transaction, id, 'approved', asker, at, reason);
    await record(transaction, asker, 'approved', before, suggestion, DECIDED);
    return { suggestion, news: [{ type: 'suggestion_approved', data: suggestion }, ...effects] };
  }

  async function rejectWithin(transaction: Transaction, asker: Asker, { id, reason, precondition }: Decision): Promise<Done> {
    const at = now();
    const before = await lockPending(transaction, id, precondition, at);
    const suggestion = await write(transaction, id, 'rejected', asker, at, reason);
    await record(transaction, asker, 'rejected', before, suggestion, DECIDED);
    return { suggestion, news: [{ type: 'suggestion_rejected', data: suggestion }] };
  }

  /** Decides once, also where the request is sent again under its key. */
  function deciding(name: string, decide: (transaction: Transaction, asker: Asker, decision: Decision) => Promise<Done>) {
    return async (asker: Asker, decision: Decision, request: IdempotentRequest | null): Promise<Suggestion> => {
      let news: LiveRecord[] = [];
      const { answer } = await change(name, (transaction) =>
        once(transaction, request, async () => {
          const done = await decide(transaction, asker, decision);
          news = done.news;
          return done.suggestion;
        }),
      );
      announce(news);
      return answer;
    };
  }

  return {
    create,
    approve: deciding('suggestions.approve', approveWithin),
    reject: deciding('suggestions.reject', rejectWithin),
  };
}
export type SuggestionChanges = ReturnType<typeof createSuggestionChanges>;

export function unknownSuggestion(): HttpProblem {
  return new HttpProblem(404, 'unknown-suggestion', 'there is no suggestion of this id');
}

async function lock(transaction: Transaction, id: string): Promise<Suggestion> {
  const { rows } = await transaction.query<Suggestion>(`select ${SUGGESTION_COLUMNS} from suggestions where id = $1 for update`, [
    id,
  ]);
  const [row] = rows;
  if (row === undefined) throw unknownSuggestion();
  return row;
}

/** Throws the problem `unknown-suggestion`, `stale`, `suggestion-decided` or `suggestion-expired`. */
async function lockPending(
  transaction: Transaction,
  id: string,
  precondition: Precondition | null,
  now: number,
): Promise<Suggestion> {
  const suggestion = await lock(transaction, id);
  precondition?.(suggestion.revision);
  const { status, approved_by: approver, rejected_by: refuser } = suggestion;
  if (status === 'approved' || status === 'rejected') {
    throw new HttpProblem(409, 'suggestion-decided', `${approver ?? refuser ?? 'somebody'} has ${status} it already`);
  }
  if (status === 'expired' || suggestion.expires_at <= now) {
    throw new HttpProblem(409, 'suggestion-expired', 'nobody decided it in time');
  }
  return suggestion;
}

async function write(
  transaction: Transaction,
  id: string,
  status: 'approved' | 'rejected',
  { actor }: Asker,
  at: number,
  reason: string | null,
): Promise<Suggestion> {
  const { rows } = await transaction.query<Suggestion>(
    `update suggestions set status = $2, ${status}_by = $3, ${status}_at = $4, reason = $5, revision = revision + 1
     where id = $1 returning ${SUGGESTION_COLUMNS}`,
    [id, status, actor.id, at, reason],
  );
  const [row] = rows;
  if (row === undefined) throw unknownSuggestion();
  return row;
}

async function needAgent(transaction: Transaction, field: string, agentId: string): Promise<void> {
  const { rowCount } = await transaction.query('select from agents where agent_id = $1', [agentId]);
  if (rowCount === 0) throw new HttpProblem(422, 'unknown-agent', `${field}: no agent of this id has ever been seen`);
}

async function needTask(transaction: Transaction, taskId: string | null): Promise<void> {
  if (taskId === null) return;
  const { rowCount } = await transaction.query('select from tasks where task_id = $1 and deleted_at is null', [taskId]);
  if (rowCount === 0) throw new HttpProblem(422, 'unknown-task', 'task_id: there is no task of this id');
}

async function knownEffect(transaction: Transaction, input: NewSuggestion): Promise<Effect | null> {
  const { effect } = input;
  switch (effect?.type) {
    case undefined:
      return null;
    case 'set_task_status':
      return effect;
    case 'pause_agent': {
      const agentId = effect.agent_id ?? input.agent_id;
      await needAgent(transaction, 'effect.agent_id', agentId);
      return { type: 'pause_agent', agent_id: agentId };
    }
    case 'call_webhook':
      await needWebhook(
        transaction,
        effect,
        () =>
          new HttpProblem(422, 'unknown-channel', 'effect.channel_id: there is no channel of type webhook that is switched on'),
      );
      return effect;
    default:
      return effect satisfies never;
  }
}

async function needRoom(transaction: Transaction, agentId: string): Promise<void> {
  const { rows } = await transaction.query<{ waiting: number }>(
    `select count(*) as waiting from suggestions where agent_id = $1 and status = 'pending'`,
    [agentId],
  );
  if ((rows[0]?.waiting ?? 0) >= MAX_WAITING) {
    throw new HttpProblem(409, 'too-many-suggestions', `${MAX_WAITING} suggestions of this agent wait for people already`);
  }
}

async function tell(transaction: Transaction, { id, agent_id: agent, action, reasoning, created_at: at }: Suggestion) {
  const data = await recordNotification(transaction, {
    kind: 'suggestion_created',
    subject: { type: 'suggestion', id },
    title: `${agent} suggests: ${action}`,
    body: [...reasoning].slice(0, TOLD).join(''),
    at,
  });
  return data === null ? [] : [{ type: 'notification', data } satisfies LiveRecord];
}

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  action: AuditedChange['action'],
  before: Suggestion | null,
  after: Suggestion,
  fields: readonly (keyof Suggestion)[],
): Promise<void> {
  const changes = changesBetween(before, after, fields);
  await recordChange(transaction, { entityType: 'suggestion', entityId: after.id, action, actor, changes, requestId });
}
