import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from './change.ts';

interface Archived {
  archived_at: number | null;
}

/** What is archived: the name of it in the audit log, its table and the problem of an id that nothing has. */
interface Kind {
  readonly type: 'agent' | 'host';
  readonly table: 'agents' | 'hosts';
  readonly unknown: () => HttpProblem;
}

/** Puts agents or hosts into the archive and takes them out, each time together with its entry in the audit log. Throws `unknown`. */
export function createArchive(change: Change, now: () => number, { type, table, unknown }: Kind) {
  const set = (asker: Asker, id: string, next: (before: number | null) => number | null) =>
    change(`${table}.archive`, async (transaction) => {
      const { rows } = await transaction.query<Archived>(`select archived_at from ${table} where ${type}_id = $1 for update`, [
        id,
      ]);
      const [before] = rows;
      if (before === undefined) throw unknown();
      const after: Archived = { archived_at: next(before.archived_at) };
      const changes = changesBetween(before, after, ['archived_at']);
      if (Object.keys(changes).length === 0) return;
      await transaction.query(`update ${table} set archived_at = $2 where ${type}_id = $1`, [id, after.archived_at]);
      await recordChange(transaction, { entityType: type, entityId: id, action: 'updated', ...asker, changes });
    });

  return {
    /** Asked again it stays archived since it was first. */
    archive: (asker: Asker, id: string) => set(asker, id, (before) => before ?? now()),
    unarchive: (asker: Asker, id: string) => set(asker, id, () => null),
  };
}
export type Archive = ReturnType<typeof createArchive>;
