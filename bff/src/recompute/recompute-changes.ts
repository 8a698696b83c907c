import type { RecomputeRequest } from '@fleetbeat/contracts/recompute.ts';
import { recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { refuseBeyondLog } from '@fleetbeat/infra/recompute/log-reach.ts';
import { addRecompute, cancelRecompute, RecomputeRefused, wholeHours } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import type { Change } from '../http/change.ts';

interface Effects {
  readonly change: Change;
  readonly database: Database;
  readonly eventLog: Pick<EventLog, 'offsets'>;
}

/** What administrators do about recomputes. The jobs service runs them. Throws problems. */
export function createRecomputeChanges({ change, database, eventLog }: Effects) {
  return {
    /** Answers its id. */
    add: (asker: Asker, request: RecomputeRequest): Promise<number> =>
      told(async () => {
        const range = wholeHours(request);
        await refuseBeyondLog(database, eventLog, range);
        return change('recomputes.add', async (transaction) => {
          const id = await addRecompute(transaction, { origin: 'api', range, requestedBy: asker.actor.id });
          const changes = { from: { before: null, after: range.from }, to: { before: null, after: range.to } };
          await recordChange(transaction, {
            entityType: 'recompute',
            entityId: String(id),
            action: 'created',
            ...asker,
            changes,
          });
          return id;
        });
      }),

    cancel: (asker: Asker, id: number): Promise<void> =>
      change('recomputes.cancel', async (transaction) => {
        const { rows } = await transaction.query<{ state: string }>(
          'select state from recomputes where id = $1::bigint for update',
          [id],
        );
        const before = rows[0]?.state;
        if (before === undefined) throw unknownRecompute();
        if (!(await cancelRecompute(transaction, id))) {
          throw new HttpProblem(409, 'recompute-over', `it is ${before}: there is nothing to cancel`);
        }
        const changes = { state: { before, after: 'cancelled' } };
        await recordChange(transaction, { entityType: 'recompute', entityId: String(id), action: 'updated', ...asker, changes });
      }),
  };
}
export type RecomputeChanges = ReturnType<typeof createRecomputeChanges>;

export function unknownRecompute(): HttpProblem {
  return new HttpProblem(404, 'unknown-recompute', 'there is no recompute of this id');
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RecomputeRefused) throw new HttpProblem(409, error.code, error.message);
    throw error;
  }
}
