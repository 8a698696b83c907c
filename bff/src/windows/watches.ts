import type { SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';

/** How long an interest lasts, in milliseconds. */
const WATCH_MS = 30_000;
/** An interest is renewed in the database at most this often, in milliseconds. */
const RENEW_MS = 10_000;
const MAX_KNOWN = 10_000;

/** Tells the processors whose open partials somebody looks at. */
export type Watch = (set: SetName, keys: readonly string[]) => Promise<void>;

export function createWatch(database: Database, now: () => number = Date.now): Watch {
  const renewedAt = new Map<string, number>();

  return async (set, keys) => {
    const due = keys.filter((key) => now() - (renewedAt.get(`${set}/${key}`) ?? 0) >= RENEW_MS);
    if (due.length === 0) return;
    for (const key of due) renewedAt.set(`${set}/${key}`, now());
    if (renewedAt.size > MAX_KNOWN) renewedAt.clear();
    try {
      await database.query(
        `insert into watches (set_name, key, expires_at)
         select $1, key, clock_timestamp() + $3 * interval '1 millisecond' from unnest($2::text[]) key order by key
         on conflict (set_name, key) do update set expires_at = excluded.expires_at`,
        [set, due, WATCH_MS],
      );
    } catch (error) {
      for (const key of due) renewedAt.delete(`${set}/${key}`);
      throw error;
    }
  };
}
