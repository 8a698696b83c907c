import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import type { IncidentTimer } from '@fleetbeat/infra/incidents/incident-rows.ts';
import { dropTimers } from '@fleetbeat/infra/incidents/incident-rows.ts';
import { readDefinitions } from '@fleetbeat/infra/routing/read-definitions.ts';
import { endSnooze } from './end-snooze.ts';
import { escalate } from './escalate.ts';
import { flushThread } from './flush-thread.ts';
import { LOCKED, type LockedIncident } from '@fleetbeat/infra/incidents/incident-store.ts';
import type { Outgoing } from '@fleetbeat/infra/incidents/send-notice.ts';

/** How long an incident waits where acting on it failed, in milliseconds. */
const TRY_AGAIN_MS = 5_000;
/** In one incident the end of a snooze comes first: what is told depends on it. */
const ORDER: readonly IncidentTimer['kind'][] = ['unsnooze', 'flush', 'escalate'];

/**
 * Acts on what is due of one incident, in one transaction; several processes each take another one. Answers its id, undefined
 * where nothing is due that nobody else is at. A failure puts the incident off and is thrown.
 */
export async function ringTimers(database: Database, outgoing: Outgoing, now: number): Promise<number | undefined> {
  let taken: number | undefined;
  try {
    return await inTransaction(database, async (transaction) => {
      const incident = await lockDue(transaction, now);
      if (incident === undefined) return undefined;
      taken = incident.id;
      await actOn(transaction, incident, outgoing, now);
      return incident.id;
    });
  } catch (error) {
    if (taken !== undefined) {
      await database.query('update incident_timers set due_at = $2 where incident_id = $1 and due_at <= $3', [
        taken,
        now + TRY_AGAIN_MS,
        now,
      ]);
    }
    throw error;
  }
}

async function lockDue(transaction: Transaction, now: number): Promise<LockedIncident | undefined> {
  const { rows } = await transaction.query<LockedIncident>(
    `select ${LOCKED} from incidents i
     join (select incident_id, min(due_at) as due_at from incident_timers where due_at <= $1
           group by incident_id order by 2 limit 100) d on d.incident_id = i.id
     order by d.due_at, i.id limit 1 for update of i skip locked`,
    [now],
  );
  return rows[0];
}

async function actOn(transaction: Transaction, found: LockedIncident, outgoing: Outgoing, now: number): Promise<void> {
  // Read anew: whoever had the lock before may have acted on them.
  const { rows: due } = await transaction.query<IncidentTimer>(
    `select route_id as "routeId", kind from incident_timers where incident_id = $1 and due_at <= $2 order by route_id`,
    [found.id, now],
  );
  if (due.length === 0) return;
  const definitions = await readDefinitions(transaction, now);
  let incident = found;
  for (const { kind, routeId } of due.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))) {
    switch (kind) {
      case 'unsnooze':
        await dropTimers(transaction, incident.id, { kind });
        if (incident.snoozedUntil === null || incident.status === 'resolved') break;
        await endSnooze(transaction, incident.id, 'its time has passed', now);
        incident = { ...incident, status: 'open', snoozedUntil: null, acknowledgedBy: null, acknowledgedAt: null };
        break;
      case 'flush':
        incident = await flushThread(transaction, incident, routeId, definitions, outgoing, now);
        break;
      case 'escalate':
        incident = await escalate(transaction, incident, routeId, definitions, outgoing, now);
        break;
      default:
        kind satisfies never;
    }
  }
}
