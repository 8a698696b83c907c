import { recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import { addErasure } from '@fleetbeat/infra/erasure/erasure-rows.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';

interface Parts {
  readonly change: Change;
  /** What subjects are keyed with, and ids encrypted under. */
  readonly secret: string;
  readonly config: { readonly retention: { readonly log: number } };
  readonly now: () => number;
}

/** Asks for an erasure, and writes down who did: of whom, only the keyed hash. Answers its id. Throws problems. */
export function createRequestErasure({ change, secret, config, now }: Parts) {
  return (asker: Asker, userId: string): Promise<number> =>
    change('erasures.add', async (transaction) => {
      const request = { userId, requestedBy: asker.actor.id, now: now(), logKeptMs: config.retention.log };
      const added = await addErasure(transaction, secret, request);
      if (added === null) throw new HttpProblem(409, 'erasure-under-way', 'this user is being erased already');
      const { id, subject } = added;
      const changes = { subject: { before: null, after: subject } };
      await recordChange(transaction, { entityType: 'erasure', entityId: String(id), action: 'created', ...asker, changes });
      return id;
    });
}
export type RequestErasure = ReturnType<typeof createRequestErasure>;
