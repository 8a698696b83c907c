import type { LiveRecord } from '@fleetbeat/contracts/live.ts';
import type { Suggestion } from '@fleetbeat/contracts/suggestions.ts';
import { recordChanges, type Actor } from '@fleetbeat/infra/audit/record-change.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import { SUGGESTION_COLUMNS } from '@fleetbeat/infra/suggestions/suggestion-columns.ts';

/** Suggestions that one transaction ends. */
const AT_ONCE = 200;

const TIMER: Actor = { id: 'suggestion-timer', type: 'system' };

/**
 * Ends suggestions that nobody has decided by `now` (epoch ms), each once; what somebody is just deciding is left for the
 * next time. Answers what to tell live.
 */
export async function expireSuggestions(database: Database, now: number): Promise<LiveRecord[]> {
  const news: LiveRecord[] = [];
  for (;;) {
    const expired = await inTransaction(database, async (transaction) => {
      const { rows } = await transaction.query<Suggestion>(
        `update suggestions set status = 'expired', revision = revision + 1 where id in (
           select id from suggestions where status = 'pending' and expires_at <= $1
           order by expires_at limit $2 for update skip locked)
         returning ${SUGGESTION_COLUMNS}`,
        [now, AT_ONCE],
      );
      await recordChanges(
        transaction,
        rows.map(({ id }) => ({
          entityType: 'suggestion',
          entityId: id,
          action: 'expired',
          actor: TIMER,
          changes: { status: { before: 'pending', after: 'expired' } },
          requestId: null,
        })),
      );
      return rows;
    });
    news.push(...expired.map((data): LiveRecord => ({ type: 'suggestion_expired', data })));
    if (expired.length < AT_ONCE) return news;
  }
}
