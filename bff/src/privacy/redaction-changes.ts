import { redactionSchema, type RedactionSettings, type StoredRedaction } from '@fleetbeat/contracts/redaction.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import { REDACTION_ROW, storedRedaction } from '@fleetbeat/infra/redaction/read-redaction.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';

type Row = Exclude<Parameters<typeof storedRedaction>[0], undefined>;
const FIELDS = Object.keys(redactionSchema.shape) as (keyof RedactionSettings)[];
/** Any number that nobody else uses: one change at a time, also of what is not there yet. */
const SETTINGS_LOCK = 6_174_902_341;

/** Changes what is redacted; gateways and processors hear of it within seconds. Throws problems. */
export function createChangeRedaction(change: Change, now: () => number) {
  return (asker: Asker, settings: RedactionSettings, precondition: Precondition): Promise<StoredRedaction> =>
    change('redaction.change', async (transaction) => {
      await transaction.query('select pg_advisory_xact_lock($1)', [SETTINGS_LOCK]);
      const { rows } = await transaction.query<Row>(REDACTION_ROW);
      const before = storedRedaction(rows[0]);
      precondition(before.revision);
      const changes = changesBetween<RedactionSettings>(before, settings, FIELDS);
      if (Object.keys(changes).length === 0) return before;
      const { rows: written } = await transaction.query<Row>(
        `insert into redaction_settings as r (settings, updated_at, updated_by) values ($1, $2, $3)
         on conflict (only_row) do update set settings = excluded.settings, updated_at = excluded.updated_at,
           updated_by = excluded.updated_by, revision = r.revision + 1
         returning settings, revision, updated_at, updated_by`,
        [settings, now(), asker.actor.id],
      );
      await recordChange(transaction, { entityType: 'redaction', entityId: 'settings', action: 'updated', ...asker, changes });
      return storedRedaction(written[0]);
    });
}
export type ChangeRedaction = ReturnType<typeof createChangeRedaction>;
