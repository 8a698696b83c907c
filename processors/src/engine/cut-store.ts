import { writeUnique } from '@fleetbeat/infra/database/unique-violation.ts';
import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { DEDUPE_HORIZON, type EventTopic } from '@fleetbeat/contracts/events.ts';
import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import { storableText } from '@fleetbeat/infra/database/storable.ts';
import { bothTiers } from '@fleetbeat/infra/time-series/both-tiers.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';
import type { Cut } from './cut.ts';
import { encodeDuplicates } from './duplicates.ts';

/** A cut that was claimed but whose rows may not all be in the time-series store. */
export interface UnstoredCut {
  readonly seq: number;
  readonly firstOffset: number;
  readonly endOffset: number;
  readonly read: number;
}

/** Where a source stands according to its cuts. */
export interface SourceState {
  /** The source's small integer. */
  readonly source: number;
  /** The sequence number of the next cut. */
  readonly nextSeq: number;
  /** One past the last offset of the last stored cut; null where nothing was ever cut. */
  readonly nextOffset: number | null;
  /** Must be written again, exactly its range, before anything else. */
  readonly unstored: UnstoredCut | null;
  /** Identities of the newest events before that point, oldest first; 8 bytes each as in `Cut.hashes`. */
  readonly hashes: readonly Buffer[];
}

/** Where cuts are kept. The only way in which output reaches a store. */
export interface CutStore {
  read(topic: EventTopic, partition: number): Promise<SourceState>;
  /** The last cuts of sources, to tell whether another processor has made one; sources without any are left out. */
  lastSeqs(sources: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** Claims, writes and marks a cut. Rejects with `CutTaken` where another processor was faster. */
  store(cut: Cut): Promise<void>;
  /** Writes the rows of a cut that was claimed before, and marks it. */
  storeAgain(cut: Cut): Promise<void>;
}

/** Another processor has claimed this place in the source: what was computed here must be dropped. */
export class CutTaken extends Error {
  override readonly name = 'CutTaken';
}

/** The rows that cuts are made of today: see migrations/0044-sole-windows.sql. */
const LAYOUT = 1;

/** Rows given to the time-series store at a time. */
const ROWS_AT_ONCE = 5_000;

/** Keeps cuts in Postgres, in both deployments; their rows go to the time-series store. */
export function createCutStore(database: Database, timeSeries: TimeSeriesStore, owner: string): CutStore {
  const isLocal = timeSeries.engine === 'postgres';

  async function writeRows(cut: Cut, layout: number, transaction: Transaction | null): Promise<void> {
    let batch: PartialRow[] = [];
    for (const row of cut.reduction.rows(cut.source, cut.seq)) {
      if (layout === 0) batch.push(...bothTiers(row));
      else batch.push(row);
      if (batch.length < ROWS_AT_ONCE) continue;
      await timeSeries.write(batch, transaction);
      batch = [];
    }
    if (batch.length > 0) await timeSeries.write(batch, transaction);
  }

  /** Claims have no part in it: a slow engine outside the database keeps no transaction open. */
  async function writeElsewhere(cut: Cut, layout: number): Promise<void> {
    await writeRows(cut, layout, null);
    await inTransaction(database, (transaction) => mark(cut, transaction));
  }

  /**
   * Hours are touched with the mark, not with the claim: compaction must not take an hour for complete
   * while rows are still on their way to another engine.
   */
  async function mark(cut: Cut, transaction: Transaction): Promise<void> {
    await transaction.query('update cuts set stored_at = clock_timestamp() where source = $1 and seq = $2', [
      cut.source,
      cut.seq,
    ]);
    const hours = [...cut.hours.keys()].sort((a, b) => a - b);
    await transaction.query(
      `insert into compacted_hours as c (source, hour, touched) select $1, hour, 1 from unnest($2::bigint[]) as hour
       on conflict (source, hour) do update set touched = c.touched + 1`,
      [cut.source, hours],
    );
    await transaction.query('update sources set clock_ms = greatest(clock_ms, $2) where id = $1', [cut.source, cut.lastAppendMs]);
  }

  return {
    async read(topic, partition) {
      const source = await registerSource(database, topic, partition);
      return inTransaction(database, async (transaction) => {
        await transaction.query('set transaction isolation level repeatable read');
        return readState(transaction, source);
      });
    },

    async lastSeqs(sources) {
      const { rows } = await database.query<{ source: number; seq: number }>(
        `select source, seq from unnest($1::int[]) as source
         cross join lateral (select seq from cuts where cuts.source = source.source order by seq desc limit 1) as last`,
        [sources],
      );
      return new Map(rows.map(({ source, seq }) => [source, seq]));
    },

    async store(cut) {
      await inTransaction(database, async (transaction) => {
        await claim(transaction, cut, owner);
        await cut.reduction.save(transaction, cut);
        if (!isLocal) return;
        await writeRows(cut, LAYOUT, transaction);
        await mark(cut, transaction);
      });
      if (!isLocal) await writeElsewhere(cut, LAYOUT);
    },

    async storeAgain(cut) {
      const layout = await readLayout(database, cut);
      if (!isLocal) return writeElsewhere(cut, layout);
      await inTransaction(database, async (transaction) => {
        await writeRows(cut, layout, transaction);
        await mark(cut, transaction);
      });
    },
  };
}

/** As a cut is claimed, so it is written, whoever writes it: some of its rows may be there. */
async function readLayout(database: Database, { source, seq }: Cut): Promise<number> {
  const { rows } = await database.query<{ layout: number }>('select layout from cuts where source = $1 and seq = $2', [
    source,
    seq,
  ]);
  const layout = rows[0]?.layout;
  if (layout === undefined) throw new Error(`cut ${seq} of source ${source} was never claimed`);
  return layout;
}

async function registerSource(database: Database, topic: EventTopic, partition: number): Promise<number> {
  await database.query('insert into sources (topic, partition) values ($1, $2) on conflict do nothing', [topic, partition]);
  const { rows } = await database.query<{ id: number }>('select id from sources where topic = $1 and partition = $2', [
    topic,
    partition,
  ]);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error(`source ${topic}/${partition} is not registered`);
  return id;
}

async function readState(transaction: Transaction, source: number): Promise<SourceState> {
  interface CutRow {
    seq: number;
    first_offset: number;
    end_offset: number;
    read: number;
    stored: boolean;
  }
  const { rows } = await transaction.query<CutRow>(
    `select seq, first_offset, end_offset, read, stored_at is not null as stored from cuts where source = $1 order by seq desc limit 2`,
    [source],
  );
  const last = rows[0];
  const before = last === undefined ? 0 : last.stored ? last.seq + 1 : last.seq;
  const unstored =
    last === undefined || last.stored
      ? null
      : { seq: last.seq, firstOffset: last.first_offset, endOffset: last.end_offset, read: last.read };
  const previous = last?.stored === false ? rows[1] : last;
  return {
    source,
    nextSeq: before,
    nextOffset: unstored?.firstOffset ?? previous?.end_offset ?? null,
    unstored,
    hashes: await readHashes(transaction, source, before),
  };
}

async function readHashes(transaction: Transaction, source: number, before: number): Promise<Buffer[]> {
  const { rows } = await transaction.query<{ hashes: Buffer }>(
    `select hashes from (
       select seq, hashes, sum(events) over (order by seq desc) - events as newer from cut_hashes where source = $1 and seq < $2
     ) as cut where newer < $3 order by seq`,
    [source, before, DEDUPE_HORIZON],
  );
  return rows.map((row) => row.hashes);
}

async function claim(transaction: Transaction, cut: Cut, owner: string): Promise<void> {
  await writeUnique(
    () =>
      transaction.query(
        `insert into cuts (source, seq, first_offset, end_offset, expired, records, read, aggregated, duplicate, dead, late,
                           first_append_ms, last_append_ms, hours, duplicates, owner, layout)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
        [
          cut.source,
          cut.seq,
          cut.firstOffset,
          cut.endOffset,
          cut.expired,
          cut.records,
          cut.read,
          cut.aggregated,
          cut.duplicate,
          cut.deadCount,
          cut.late,
          cut.firstAppendMs,
          cut.lastAppendMs,
          JSON.stringify(Object.fromEntries(cut.hours)),
          encodeDuplicates(cut.duplicates),
          owner,
          LAYOUT,
        ],
      ),
    (cause) => new CutTaken(`cut ${cut.seq} of source ${cut.source} was made by another processor`, { cause }),
  );
  if (cut.aggregated > 0) {
    await transaction.query('insert into cut_hashes (source, seq, events, hashes) values ($1, $2, $3, $4)', [
      cut.source,
      cut.seq,
      cut.aggregated,
      cut.hashes,
    ]);
  }
  for (let start = 0; start < cut.deadLetters.length; start += 1_000) {
    await insertDeadLetters(transaction, cut, start, start + 1_000);
  }
}

async function insertDeadLetters(transaction: Transaction, cut: Cut, from: number, to: number): Promise<void> {
  const letters = cut.deadLetters.slice(from, to);
  await transaction.query(
    `insert into dead_letters (source, log_offset, position, appended_at, key, code, reason, payload, request_id)
     select $1, * from unnest($2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::text[])`,
    [
      cut.source,
      letters.map((letter) => letter.offset),
      letters.map((letter) => letter.position),
      letters.map((letter) => letter.appendedAt),
      letters.map((letter) => storableText(letter.key)),
      letters.map((letter) => letter.code),
      letters.map((letter) => storableText(letter.reason)),
      letters.map((letter) => letter.payload),
      letters.map((letter) => letter.requestId ?? null),
    ],
  );
}
