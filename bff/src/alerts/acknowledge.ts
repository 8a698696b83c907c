import { recordChange, type Actor } from '@fleetbeat/infra/audit/record-change.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';

/** Somebody takes care of an alert. Asked again it stays with whoever was first. Throws problems. */
export type Acknowledge = (asker: { actor: Actor; requestId: string }, alertId: number) => Promise<void>;

export function createAcknowledge(change: Change, now: () => number): Acknowledge {
  return ({ actor, requestId }, alertId) =>
    change('alerts.acknowledge', async (transaction) => {
      const { rows } = await transaction.query<{ state: string; acknowledged_at: number | null }>(
        'select state, acknowledged_at from alerts where id = $1 for update',
        [alertId],
      );
      const [alert] = rows;
      if (alert === undefined) throw unknownAlert();
      if (alert.acknowledged_at !== null) return;
      if (alert.state === 'resolved')
        throw new HttpProblem(409, 'alert-resolved', 'the alert is over: there is nothing to take care of');
      const at = now();
      await transaction.query('update alerts set acknowledged_at = $2, acknowledged_by = $3 where id = $1', [
        alertId,
        at,
        actor.id,
      ]);
      await recordChange(transaction, {
        entityType: 'alert',
        entityId: String(alertId),
        action: 'updated',
        actor,
        changes: { acknowledged_by: { before: null, after: actor.id } },
        requestId,
      });
    });
}

export function unknownAlert(): HttpProblem {
  return new HttpProblem(404, 'unknown-alert', 'there is no alert of this id');
}
