import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { dropTimers, setTimer } from '@fleetbeat/infra/incidents/incident-rows.ts';
import { readThread, writeThread, type LockedIncident } from '@fleetbeat/infra/incidents/incident-store.ts';
import type { Outgoing } from '@fleetbeat/infra/incidents/send-notice.ts';
import { readAudible, takeStep, underWay } from '@fleetbeat/infra/incidents/take-step.ts';
import type { Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';

/** How soon a step that is held back is looked at again, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/** Takes the next step of an escalation, unless somebody takes care by now, and sets the time of the one after. */
export async function escalate(
  transaction: Transaction,
  found: LockedIncident,
  routeId: string,
  definitions: Definitions,
  outgoing: Outgoing,
  now: number,
): Promise<LockedIncident> {
  const timer = { routeId, kind: 'escalate' } as const;
  const thread = await readThread(transaction, found.id, routeId);
  const escalation = found.status === 'open' ? underWay(thread, definitions) : null;
  if (escalation === null) {
    await dropTimers(transaction, found.id, timer);
    await writeThread(transaction, found.id, { ...thread, escalationStep: null });
    return found;
  }
  const alerts = await readAudible(transaction, found.id, routeId);
  if (alerts.length === 0) {
    await setTimer(transaction, found.id, timer, now + LOOK_AGAIN_MS);
    return found;
  }
  const why = 'nobody has acknowledged';
  const { incident } = await takeStep(transaction, found, escalation, { alerts, why }, { definitions, outgoing, now });
  // Whoever would call the next step by hand has another one before them now.
  await transaction.query('update incidents set revision = revision + 1, updated_at = $2 where id = $1', [found.id, now]);
  return incident;
}
