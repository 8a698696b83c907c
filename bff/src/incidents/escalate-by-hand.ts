import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import {
  lockIncident,
  readKeptAlerts,
  readThread,
  type KeptAlert,
  type LockedIncident,
  type Thread,
} from '@fleetbeat/infra/incidents/incident-store.ts';
import type { Outgoing } from '@fleetbeat/infra/incidents/send-notice.ts';
import { readAudible, takeStep, underWay } from '@fleetbeat/infra/incidents/take-step.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { readDefinitions, type Definitions } from '@fleetbeat/infra/routing/read-definitions.ts';

/**
 * Calls the next step of the incident's escalation, of several the one that comes soonest, as its timer does; where a step
 * reaches nobody the one after it too. Answers in words what was called. Problems, each with its reason, where nothing can be.
 */
export async function escalateByHand(
  transaction: Transaction,
  incidentId: number,
  by: string,
  outgoing: Outgoing,
  now: number,
): Promise<string> {
  const found = await lockIncident(transaction, { id: incidentId });
  if (found === undefined) throw new Error(`incident ${incidentId} is locked and not there`);
  const definitions = await readDefinitions(transaction, now);
  const { routeId, alerts, steps } = await soonest(transaction, found, definitions);
  const call = { alerts, why: `${by} asks for help`, actor: by };
  let incident = found;
  for (let tries = 0; tries < steps; tries++) {
    const escalation = underWay(await readThread(transaction, incidentId, routeId), definitions);
    if (escalation === null) break;
    const taken = await takeStep(transaction, incident, escalation, call, { definitions, outgoing, now });
    if (taken.reached) return taken.text;
    incident = taken.incident;
  }
  throw new HttpProblem(
    409,
    'reaches-nobody',
    'no step that is left reaches anybody: nobody is on call, or they have no channel',
  );
}

/** Of the escalations that are under way and have something to tell of, the one that calls next. */
async function soonest(
  transaction: Transaction,
  incident: LockedIncident,
  definitions: Definitions,
): Promise<{ routeId: string; alerts: KeptAlert[]; steps: number }> {
  const threads = await threadsOf(transaction, incident.id);
  const begun = threads.flatMap((thread) => underWay(thread, definitions) ?? []);
  if (begun.length === 0) throw nothingToCall(await readKeptAlerts(transaction, incident.id), threads, definitions);
  for (const { thread, policy } of begun) {
    const alerts = await readAudible(transaction, incident.id, thread.routeId);
    if (alerts.length > 0) return { routeId: thread.routeId, alerts, steps: policy.steps.length };
  }
  throw new HttpProblem(409, 'alerts-held-back', 'all its alerts are silenced, or explained by others: nobody is told of them');
}

/** Those whose next step has a time come first, the soonest before the others. */
async function threadsOf(transaction: Transaction, incidentId: number): Promise<Thread[]> {
  const { rows } = await transaction.query<{ route_id: string }>(
    `select h.route_id from incident_threads h left join incident_timers t
       on t.incident_id = h.incident_id and t.route_id = h.route_id and t.kind = 'escalate'
     where h.incident_id = $1 order by t.due_at nulls last, h.route_id`,
    [incidentId],
  );
  const threads: Thread[] = [];
  for (const { route_id: routeId } of rows) threads.push(await readThread(transaction, incidentId, routeId));
  return threads;
}

function nothingToCall(alerts: readonly KeptAlert[], threads: readonly Thread[], definitions: Definitions): HttpProblem {
  const escalating = [...new Set(alerts.flatMap(({ routes }) => routes))].filter((routeId) =>
    definitions.escalations.has(definitions.routes.get(routeId)?.settings.escalation_id ?? ''),
  );
  if (escalating.length === 0) {
    return new HttpProblem(409, 'no-escalation', 'no route of its alerts names an escalation: there is nobody to call');
  }
  const told = threads.filter(({ routeId, toldAt }) => escalating.includes(routeId) && toldAt !== null);
  return told.length === 0
    ? new HttpProblem(409, 'escalation-not-begun', 'nobody was told of it yet: the escalation begins with the first notification')
    : new HttpProblem(409, 'no-step-left', 'no step of its escalation is left to call');
}
