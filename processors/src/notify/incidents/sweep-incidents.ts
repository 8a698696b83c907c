import type { Database } from '@fleetbeat/infra/database/database.ts';
import { ringTimers } from './ring-timers.ts';
import type { Outgoing } from '@fleetbeat/infra/incidents/send-notice.ts';
import { takeOutbox } from './take-outbox.ts';

/** Incidents acted on in one sweep, at most: others have their turn in the next. */
const MOST = 500;

export interface Sweep {
  readonly database: Database;
  readonly outgoing: Outgoing;
  readonly now: () => number;
  /** An incident, or alerts on their way into one, were put off because acting on them failed. */
  readonly onFailure: (error: unknown) => void;
}

/** Groups what alerts have left in the outbox, then acts on all that is due. Answers the incidents that have changed. */
export async function sweepIncidents({ database, outgoing, now, onFailure }: Sweep): Promise<ReadonlySet<number>> {
  const changed = new Set<number>();
  for (let more = true; more;) {
    const taken = await takeOutbox(database, now(), onFailure);
    for (const id of taken.changed) changed.add(id);
    more = taken.more;
  }
  for (let acted = 0; acted < MOST; acted++) {
    try {
      const id = await ringTimers(database, outgoing, now());
      if (id === undefined) break;
      changed.add(id);
    } catch (error) {
      onFailure(error);
    }
  }
  return changed;
}

/** Drops incidents, and silences without a further use, that were over before `before` (epoch ms). */
export async function expireIncidents(database: Database, before: number): Promise<void> {
  await database.query(
    `delete from incidents where id in (select id from incidents where status = 'resolved' and resolved_at < $1 limit 1000)`,
    [before],
  );
  await database.query(`delete from alerting_definitions where kind = 'silence' and (definition ->> 'ends_at')::bigint < $1`, [
    before,
  ]);
  await database.query('delete from on_call_overrides where to_ms < $1', [before]);
}
