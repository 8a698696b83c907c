import { liveRecordSchema, type LiveRecord, type OpenPartials } from '@fleetbeat/contracts/live.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import * as z from 'zod';

/** What the records of the internal topics say. A record of another version, or broken, is passed over. */

const openPartialsSchema = z.object({
  source: z.number().int(),
  seq: z.number().int(),
  offset: z.number().int(),
  through: z.number(),
  partials: z.array(
    z.object({
      set: z.string(),
      key: z.string(),
      window: z.number().int(),
      values: z.array(z.number()),
      sketch: z.string().nullable(),
      distinct: z.string().nullable(),
    }),
  ),
});

export function openPartialsOf(record: LogRecord): OpenPartials | undefined {
  const parsed = openPartialsSchema.safeParse(contentOf(record));
  // What set it is, is looked at where the partial is taken in.
  return parsed.success ? (parsed.data as OpenPartials) : undefined;
}

export function liveRecordOf(record: LogRecord): LiveRecord | undefined {
  const parsed = liveRecordSchema.safeParse(contentOf(record));
  return parsed.success ? parsed.data : undefined;
}

function contentOf(record: LogRecord): unknown {
  if (record.tick) return undefined;
  try {
    return JSON.parse(record.value.toString('utf8'));
  } catch {
    return undefined;
  }
}
