import { formatBytes, formatExact } from '@fleetbeat/contracts/format-number.ts';
import { formatLength } from '@fleetbeat/contracts/format-duration.ts';
import type { Kept, KeptData } from '@fleetbeat/contracts/retention.ts';

/** What is kept and for how long, in words. Pure. */

export const DATA_WORDS: Readonly<Record<KeptData, { readonly name: string; readonly goesBy: string }>> = {
  raw_events: { name: 'Raw events', goesBy: 'after they happened' },
  aggregates_10s: { name: 'Aggregates of 10 s', goesBy: 'after their window' },
  aggregates_1m: { name: 'Aggregates of 1 min', goesBy: 'after their window' },
  aggregates_1h: { name: 'Aggregates of 1 h', goesBy: 'after their window' },
  event_log: { name: 'Event log', goesBy: 'after it was appended; with Kafka its topic decides' },
  dead_letters: { name: 'Dead letters', goesBy: 'after they were appended' },
  alerts: { name: 'Alerts', goesBy: 'after they were resolved' },
  notifications: { name: 'Notifications', goesBy: 'after they were made' },
  incidents: { name: 'Incidents', goesBy: 'after their end, with comments; past silences too' },
  deliveries: { name: 'Deliveries', goesBy: 'after they were made' },
  suggestions: { name: 'Suggestions', goesBy: 'after they were decided or expired, with comments' },
  tasks: { name: 'Tasks', goesBy: 'until somebody deletes them' },
  workflows: { name: 'Workflows', goesBy: 'until somebody deletes them' },
  audit_log: { name: 'Audit log', goesBy: 'it only grows' },
  erasures: { name: 'Erasures', goesBy: 'they name nobody' },
};

export function keptWords({ kept_ms: ms }: Pick<Kept, 'kept_ms'>): string {
  return ms === null ? 'For ever' : formatLength(ms);
}

/** "about 1,200 rows, 3.20 MiB"; null where nothing is known. */
export function amountWords({ rows, bytes }: Pick<Kept, 'rows' | 'bytes'>): string | null {
  const known = [
    rows === null ? '' : `about ${formatExact(rows)} ${rows === 1 ? 'row' : 'rows'}`,
    bytes === null ? '' : formatBytes(bytes),
  ];
  return known.filter((words) => words !== '').join(', ') || null;
}
