import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import { isWanted, preferencesSchema, SEE_ALL, type Preferences } from '@fleetbeat/contracts/notification-preferences.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import { windowAt, windowsWithin } from '@fleetbeat/infra/routing/time-windows.ts';
import { ownerOf, type Authenticated } from '../access/authenticated.ts';
import type { Change } from '../http/change.ts';
import type { ReadQuery } from '../http/read-query.ts';

/** What everybody wants to see, as the database has it. */

const FIELDS = Object.keys(preferencesSchema.shape) as (keyof Preferences)[];
const DAY_MS = 86_400_000;

export async function readPreferences(query: ReadQuery, owner: string): Promise<Preferences> {
  const [row] = await query<{ preferences: unknown }>(
    'notifications.preferences',
    'select preferences from notification_preferences where owner = $1',
    [owner],
  );
  return row === undefined ? SEE_ALL : preferencesSchema.catch(SEE_ALL).parse(row.preferences);
}

/** Writes what somebody wants; over sockets of this process it holds at once. */
export function createWritePreferences(change: Change, listeners: Pick<Listeners, 'refresh'>) {
  return async ({ actor, requestId }: Asker, owner: string, preferences: Preferences): Promise<void> => {
    await change('notifications.preferences', async (transaction) => {
      const { rows } = await transaction.query<{ preferences: Preferences }>(
        'select preferences from notification_preferences where owner = $1 for update',
        [owner],
      );
      await transaction.query(
        `insert into notification_preferences (owner, preferences) values ($1, $2)
         on conflict (owner) do update set preferences = excluded.preferences, updated_at = clock_timestamp()`,
        [owner, preferences],
      );
      const changes = changesBetween(rows[0]?.preferences ?? SEE_ALL, preferences, FIELDS);
      const entity = { entityType: 'notification_preferences', entityId: owner };
      await recordChange(transaction, { ...entity, action: 'updated', actor, changes, requestId });
    });
    await listeners.refresh();
  };
}

/** When the quiet hours began that are now, looking back a day; undefined where they are not. */
export function quietSince({ quiet_hours: times }: Preferences, now: number): number | undefined {
  if (times === null || windowAt(times, now) === undefined) return undefined;
  return windowsWithin(times.intervals, times.time_zone, { from: now - DAY_MS, to: now + 1 }).at(-1)?.from;
}

/** Whether a notice is sent now to somebody who wants this. */
function isHeard(preferences: Preferences, notice: Notification, now: number): boolean {
  if (!isWanted(preferences, notice)) return false;
  return notice.kind === 'mentioned' || notice.severity !== 'info' || quietSince(preferences, now) === undefined;
}

/** Knows who hears what, from the last time that it asked. */
export interface Listeners {
  hears(who: Authenticated, notice: Notification): boolean;
  /** Asks the database what has changed. */
  refresh(): Promise<void>;
}

export function createListeners(query: ReadQuery, now: () => number): Listeners {
  const byOwner = new Map<string, Preferences>();
  let known = new Date(0);
  return {
    hears(who, notice) {
      const preferences = byOwner.get(ownerOf(who));
      return preferences === undefined || isHeard(preferences, notice, now());
    },
    async refresh() {
      // Two changes may be committed in the other order: what is a little older is read again.
      const rows = await query<{ owner: string; preferences: unknown; updated_at: Date }>(
        'notifications.listeners',
        `select owner, preferences, updated_at from notification_preferences where updated_at > $1::timestamptz - interval '10 seconds'
         order by updated_at`,
        [known],
      );
      for (const { owner, preferences, updated_at: at } of rows) {
        byOwner.set(owner, preferencesSchema.catch(SEE_ALL).parse(preferences));
        known = at;
      }
    },
  };
}
