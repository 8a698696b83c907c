import type { Pipeline } from '@fleetbeat/contracts/api.ts';
import { EVENT_TOPICS } from '@fleetbeat/contracts/events.ts';
import type { EventLog, PartitionOffsets } from '@fleetbeat/infra/event-log/event-log.ts';
import type { ReadQuery } from '../http/read-query.ts';

/** The delivery ledger: what the cuts have counted, and what the log holds beyond them. */
export type Ledger = Omit<Pipeline, 'event_to_screen_ms' | 'differences' | 'reconciled_through'>;

interface Counts {
  aggregated: number;
  duplicate: number;
  dead: number;
  late: number;
  expired: number;
}

interface StoredRow extends Counts {
  source: number;
  topic: string;
  partition: number;
  /** The newest stored cut. */
  seq: number | null;
  /** The counts are of stored cuts after this one, which the question named; of all that there ever were where this is null. */
  known_seq: number | null;
  stored_offset: number;
  last_cut_at: number | null;
  /** As the processor said within the last second or two. */
  read_offset: number;
  open_events: number;
}

/** Counts of a source up to a cut. They never change, so each cut is counted once. */
interface Known {
  readonly seq: number;
  readonly counts: Counts;
}

const STORED = `
  select s.id as source, s.topic, s.partition, s.read_offset, s.open_events, last.seq, known.seq as known_seq, coalesce(last.end_offset, 0) as stored_offset, last.last_cut_at,
    coalesce(sums.aggregated, 0) as aggregated, coalesce(sums.duplicate, 0) as duplicate, coalesce(sums.dead, 0) as dead,
    coalesce(sums.late, 0) as late, coalesce(sums.expired, 0) as expired
  from sources s
  left join pruned_cuts p on p.source = s.id
  left join unnest($1::int[], $2::bigint[]) as known (source, seq) on known.source = s.id and known.seq >= coalesce(p.through_seq, -1)
  left join lateral (
    select seq, end_offset, (extract(epoch from stored_at) * 1000)::bigint as last_cut_at from cuts
    where source = s.id and stored_at is not null
      and seq < coalesce((select min(o.seq) from cuts o where o.source = s.id and o.stored_at is null), 9223372036854775807)
    order by seq desc limit 1
  ) last on true
  left join lateral (
    select sum(aggregated)::bigint as aggregated, sum(duplicate)::bigint as duplicate, sum(dead)::bigint as dead,
      sum(late)::bigint as late, sum(expired)::bigint as expired
    from (
      select aggregated, duplicate, dead, late, expired from cuts
      where source = s.id and seq > coalesce(known.seq, -1) and seq <= last.seq
      union all
      select p.aggregated, p.duplicate, p.dead, p.late, p.expired where known.seq is null
    ) counted
  ) sums on true
  order by s.id`;

const NOTHING: Counts = { aggregated: 0, duplicate: 0, dead: 0, late: 0, expired: 0 };

/** Reads the ledger. Counts of cuts that were seen once are remembered, so that a long history costs nothing. */
export function createPipelineReadModel(query: ReadQuery, eventLog: Pick<EventLog, 'engine' | 'offsets'>): () => Promise<Ledger> {
  const known = new Map<number, Known>();

  return async () => {
    // The cuts first: offsets read afterwards can only be higher, so nothing is counted twice.
    const bases = new Map(known);
    const rows = await query<StoredRow>('pipeline.cuts', STORED, [[...bases.keys()], [...bases.values()].map(({ seq }) => seq)]);
    const offsets = (await Promise.all(EVENT_TOPICS.map((topic) => eventLog.offsets(topic)))).flat();
    const pendingIn = eventLog.engine === 'postgres' ? await pendingEvents(rows) : pendingByRecords(rows, offsets);
    const sources = rows.map((row) => sourceOf(row, addedUp(row, bases), endOf(row, offsets), pendingIn.get(nameOf(row)) ?? 0));

    const sum = (value: (source: (typeof sources)[number]) => number) =>
      sources.reduce((total, source) => total + value(source), 0);
    // Also of partitions that nobody has read anything of.
    const pending = [...pendingIn.values()].reduce((total, events) => total + events, 0);
    const aggregated = sum((source) => source.aggregated);
    const duplicate = sum((source) => source.duplicate);
    const dead = sum((source) => source.dead_lettered);
    return {
      accepted: aggregated + duplicate + dead + pending,
      aggregated,
      duplicate,
      dead_lettered: dead,
      pending,
      late: sum((source) => source.late),
      expired_offsets: sum((source) => source.expired),
      lag_events: pending,
      sources: sources.map(({ expired: _, ...source }) => source),
    };
  };

  /** The counts of a source over all its stored cuts: the row's own, and those known when it was asked for if it goes on from there. */
  function addedUp(row: StoredRow, bases: ReadonlyMap<number, Known>): Counts {
    const start = (row.known_seq === null ? undefined : bases.get(row.source)?.counts) ?? NOTHING;
    const counts: Counts = {
      aggregated: start.aggregated + row.aggregated,
      duplicate: start.duplicate + row.duplicate,
      dead: start.dead + row.dead,
      late: start.late + row.late,
      expired: start.expired + row.expired,
    };
    if (row.seq !== null && row.seq > (known.get(row.source)?.seq ?? -1)) known.set(row.source, { seq: row.seq, counts });
    return counts;
  }

  /** Events in records that no stored cut has read. A record of a plain client, which tells no number, is one. */
  async function pendingEvents(rows: readonly StoredRow[]): Promise<PendingEvents> {
    const found = await query<{ topic: string; partition: number; pending: number }>(
      'pipeline.pending',
      `select p.topic, p.partition, log_pending_events(p.id, coalesce(stored.upto, 0)) as pending
       from log_partitions p
       left join unnest($1::text[], $2::int[], $3::bigint[]) as stored (topic, partition, upto)
         on stored.topic = p.topic and stored.partition = p.partition
       where p.topic = any($4)`,
      [rows.map((each) => each.topic), rows.map((each) => each.partition), rows.map((each) => each.stored_offset), EVENT_TOPICS],
    );
    return new Map(found.map((each) => [nameOf(each), each.pending]));
  }
}

/** Events that no stored cut has counted, by partition. */
type PendingEvents = ReadonlyMap<string, number>;

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}

/**
 * What is pending where the log tells records only: events read into open cuts, and records that nobody has read. A few
 * of the latter on each partition are ticks that came since the processor last said how far it is.
 */
export function pendingByRecords(
  rows: readonly Pick<StoredRow, 'topic' | 'partition' | 'read_offset' | 'stored_offset' | 'open_events'>[],
  offsets: readonly PartitionOffsets[],
): PendingEvents {
  const byName = new Map(rows.map((row) => [nameOf(row), row]));
  return new Map(
    offsets.map((place) => {
      const row = byName.get(nameOf(place));
      const open = row !== undefined && row.read_offset > row.stored_offset ? row.open_events : 0;
      const unread = place.end - Math.max(place.start, row?.read_offset ?? 0, row?.stored_offset ?? 0);
      return [nameOf(place), open + Math.max(0, unread - TICKS_UNHEARD)];
    }),
  );
}

/** Ticks that a partition may get from one gateway before the processor says again how far it has read. */
const TICKS_UNHEARD = 3;

function endOf(row: StoredRow, offsets: readonly PartitionOffsets[]): number {
  const found = offsets.find((each) => each.topic === row.topic && each.partition === row.partition);
  return Math.max(row.stored_offset, found?.end ?? 0);
}

function sourceOf(row: StoredRow, counts: Counts, endOffset: number, lagEvents: number) {
  return {
    source: row.source,
    topic: row.topic,
    partition: row.partition,
    stored_offset: row.stored_offset,
    end_offset: endOffset,
    lag_events: lagEvents,
    last_cut_at: row.last_cut_at,
    aggregated: counts.aggregated,
    duplicate: counts.duplicate,
    dead_lettered: counts.dead,
    late: counts.late,
    expired: counts.expired,
  };
}
