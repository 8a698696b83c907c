import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { addToTimeline, dropTimers, forgetTold } from '@fleetbeat/infra/incidents/incident-rows.ts';

/** An incident that was put off is open again, and told and escalated as if it were new. */
export async function endSnooze(transaction: Transaction, incidentId: number, reason: string, now: number): Promise<void> {
  await transaction.query(
    `update incidents set status = 'open', snoozed_until = null, acknowledged_at = null, acknowledged_by = null, updated_at = $2,
       revision = revision + 1 where id = $1`,
    [incidentId, now],
  );
  await forgetTold(transaction, incidentId);
  await dropTimers(transaction, incidentId, { kind: 'unsnooze' });
  await transaction.query(`update incident_timers set due_at = $2 where incident_id = $1 and kind = 'flush'`, [incidentId, now]);
  await addToTimeline(transaction, incidentId, now, [{ kind: 'snooze_ended', text: reason }]);
}
