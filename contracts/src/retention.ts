import * as z from 'zod';

/** Each kind of data that has a time after which it goes, or that stays for ever. */
export const KEPT_DATA = [
  'raw_events',
  'aggregates_10s',
  'aggregates_1m',
  'aggregates_1h',
  'event_log',
  'dead_letters',
  'alerts',
  'notifications',
  'incidents',
  'deliveries',
  'suggestions',
  'tasks',
  'workflows',
  'audit_log',
  'erasures',
] as const;
export type KeptData = (typeof KEPT_DATA)[number];

/** How long one kind of data is kept, and how much of it there is. */
export const keptSchema = z.object({
  data: z.enum(KEPT_DATA),
  /** What sets it; null: nothing does. */
  variable: z.string().nullable(),
  /** Milliseconds; null: for ever. */
  kept_ms: z.number().nullable(),
  /** Where its size is bounded too: bytes, and what sets them. */
  bytes_variable: z.string().nullable(),
  max_bytes: z.number().nullable(),
  /** As Postgres estimates; null where it does not know yet, or the data is elsewhere. */
  rows: z.number().int().nullable(),
  /** On disk, with indexes; null where the data is elsewhere, or shares its tables with other data. */
  bytes: z.number().int().nullable(),
  /** The time by which its oldest goes, epoch milliseconds; null where there is none, or no index knows. */
  oldest: z.number().nullable(),
});
export type Kept = z.infer<typeof keptSchema>;

export const retentionSchema = z.object({ items: z.array(keptSchema) });
