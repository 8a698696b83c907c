import type { AutoApprovalInput } from '@fleetbeat/contracts/suggestions.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';

/** Agents and actions of which somebody has said whether they are approved by themselves, at most. */
const MAX_SETTINGS = 10_000;
type Setting = Pick<AutoApprovalInput, 'enabled' | 'threshold'>;

/** Says from which confidence on an agent's suggestions of an action are approved by themselves, and writes it down. */
export function createAutoApprovalChanges(change: Change, now: () => number) {
  return (asker: Asker, input: AutoApprovalInput, precondition: Precondition | null): Promise<void> =>
    change('suggestions.auto-approve', async (transaction) => {
      const { agent_id: agentId, action, enabled, threshold } = input;
      const { rowCount } = await transaction.query('select from agents where agent_id = $1', [agentId]);
      if (rowCount === 0) throw new HttpProblem(422, 'unknown-agent', 'agent_id: no agent of this id has ever been seen');
      const { rows } = await transaction.query<Setting & { revision: number }>(
        'select enabled, threshold, revision from suggestion_auto_approvals where agent_id = $1 and action = $2 for update',
        [agentId, action],
      );
      const [before = null] = rows;
      precondition?.(before?.revision ?? 0);
      const changes = changesBetween<Setting>(before, { enabled, threshold }, ['enabled', 'threshold']);
      if (Object.keys(changes).length === 0) return;
      const { rows: counted } = await transaction.query<{ settings: number }>(
        'select count(*) as settings from suggestion_auto_approvals',
      );
      if (before === null && (counted[0]?.settings ?? 0) >= MAX_SETTINGS) {
        throw new HttpProblem(409, 'too-many-settings', `there are ${MAX_SETTINGS} settings already`);
      }
      await transaction.query(
        `insert into suggestion_auto_approvals as s (agent_id, action, enabled, threshold, updated_at, updated_by)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (agent_id, action) do update set enabled = excluded.enabled, threshold = excluded.threshold,
           updated_at = excluded.updated_at, updated_by = excluded.updated_by, revision = s.revision + 1`,
        [agentId, action, enabled, threshold, now(), asker.actor.id],
      );
      await recordChange(transaction, {
        entityType: 'suggestion_auto_approval',
        entityId: `${agentId}/${action}`,
        action: before === null ? 'created' : 'updated',
        ...asker,
        changes,
      });
    });
}
export type SetAutoApproval = ReturnType<typeof createAutoApprovalChanges>;
