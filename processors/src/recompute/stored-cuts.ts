import { TIERS } from '@fleetbeat/contracts/aggregates.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { HourRange } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import { STORED_SEQ } from '@fleetbeat/infra/time-series/stored-cuts.ts';

/** The cuts that have events of a range, from the table of cuts. */

/** A source, and the cut up to which its rows are made anew: later ones have come since and stand as they are. */
export interface RecomputedSource {
  readonly source: number;
  readonly topic: EventTopic;
  readonly partition: number;
  readonly throughSeq: number;
  /** The first cut that has events of the range, and the offsets from its first to the last one's end. Null where none has any. */
  readonly cuts: { readonly firstSeq: number; readonly firstOffset: number; readonly endOffset: number } | null;
}

/** A cut as the table has it. */
export interface StoredCut {
  readonly seq: number;
  readonly firstOffset: number;
  readonly endOffset: number;
  readonly expired: number;
  readonly read: number;
  readonly aggregated: number;
  readonly duplicate: number;
  readonly dead: number;
  readonly hours: Readonly<Record<string, number>>;
  readonly duplicates: Buffer | null;
}

export async function readSources(database: Database, range: HourRange): Promise<RecomputedSource[]> {
  type Row = Omit<RecomputedSource, 'cuts'> & { firstSeq: number | null; firstOffset: number; endOffset: number };
  const { rows } = await database.query<Row>(
    `select s.*, c.*
     from (select s.id as source, s.topic, s.partition, ${STORED_SEQ} as "throughSeq" from sources s) s
     cross join lateral (
       select min(seq) as "firstSeq", min(first_offset) as "firstOffset", max(end_offset) as "endOffset"
       from cuts where source = s.source and seq <= s."throughSeq" and hours ?| $1) c
     where s."throughSeq" >= 0 order by s.source`,
    [hoursOf(range)],
  );
  return rows.map(({ firstSeq, firstOffset, endOffset, ...source }) => ({
    ...source,
    cuts: firstSeq === null ? null : { firstSeq, firstOffset, endOffset },
  }));
}

/** Cuts of a source from `fromSeq` on that have events of the range, in order. */
export async function readCuts(
  database: Database,
  { source, throughSeq }: RecomputedSource,
  range: HourRange,
  fromSeq: number,
  limit: number,
): Promise<StoredCut[]> {
  const { rows } = await database.query<StoredCut>(
    `select seq, first_offset as "firstOffset", end_offset as "endOffset", expired, read, aggregated, duplicate, dead, hours, duplicates
     from cuts where source = $1 and seq >= $2 and seq <= $3 and hours ?| $4 order by seq limit $5`,
    [source, fromSeq, throughSeq, hoursOf(range), limit],
  );
  return rows;
}

function hoursOf({ from, to }: HourRange): string[] {
  return Array.from({ length: (to - from) / TIERS['1h'] }, (_, hour) => String(from + hour * TIERS['1h']));
}
