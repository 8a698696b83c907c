import { inTransaction, type Database, type Transaction } from '@fleetbeat/infra/database/database.ts';
import { endRecomputes, giveUpRows, SILENT_FOR, type HourRange } from '@fleetbeat/infra/recompute/recompute-rows.ts';
import type { RecomputedSource } from './stored-cuts.ts';

/**
 * One run of a recompute. Every attempt has a version of its own for its rows, so that what an earlier one has left behind
 * is never seen: after a crash all begins anew. Whatever an attempt does to the tables it does only while it is the one
 * that runs.
 */
export interface Attempt {
  readonly id: number;
  readonly version: number;
  readonly range: HourRange;
  /** The request that asked for it; null: the command line did. */
  readonly requestId: string | null;
}

export interface Progress {
  readonly sources: number;
  readonly sourcesDone: number;
  readonly records: number;
  readonly recordsRead: number;
}

const MOST_ATTEMPTS = 5;

/** The attempt has ended without its own doing: it was cancelled, or somebody took it for dead and began another one. */
export class AttemptLost extends Error {
  override readonly name = 'AttemptLost';
}

/**
 * Begins an attempt of the recompute `id`, or of one that was asked for over the API and that nobody is at. Null where
 * there is none.
 */
export async function beginAttempt(database: Database, id?: number): Promise<Attempt | null> {
  return inTransaction(database, async (transaction) => {
    const due =
      id === undefined
        ? `origin = 'api' and (state = 'queued' or state = 'running' and heard_at < clock_timestamp() - interval '${SILENT_FOR}')`
        : `id = ${Math.trunc(id)} and state = 'queued'`;
    const { rows } = await transaction.query<{
      id: number;
      from_ms: number;
      to_ms: number;
      version: number | null;
      attempts: number;
      request_id: string | null;
    }>(
      `select id, from_ms, to_ms, version, attempts, request_id from recomputes where ${due} order by id limit 1 for update skip locked`,
    );
    const found = rows[0];
    if (found === undefined) return null;
    const range = { from: found.from_ms, to: found.to_ms };
    if (found.attempts >= MOST_ATTEMPTS) {
      await endRecomputes(transaction, `id = ${found.id}`, { state: 'failed', reason: `${MOST_ATTEMPTS} attempts have failed` });
      return null;
    }
    if (found.version !== null) await giveUpRows(transaction, found.version, range);
    const { rows: begun } = await transaction.query<{ version: number }>(
      `update recomputes set state = 'running', version = nextval('row_versions'), attempts = attempts + 1, sources = 0,
         sources_done = 0, records = 0, records_read = 0, started_at = clock_timestamp(), heard_at = clock_timestamp()
       where id = $1 returning version`,
      [found.id],
    );
    const version = begun[0]?.version;
    return version === undefined ? null : { id: found.id, version, range, requestId: found.request_id };
  });
}

/** Tells how far it is, which is also the sign of life. Rejects with `AttemptLost`. */
export async function noteProgress(database: Database, { id, version }: Attempt, progress: Progress): Promise<void> {
  const { rowCount } = await database.query(
    `update recomputes set sources = $3, sources_done = $4, records = $5, records_read = $6, heard_at = clock_timestamp()
     where id = $1 and version = $2 and state = 'running'`,
    [id, version, progress.sources, progress.sourcesDone, progress.records, progress.recordsRead],
  );
  if (rowCount === 0) throw new AttemptLost('the recompute was cancelled');
}

/** Has it begun again later, by whoever asks first. */
export async function putBack(database: Database, { id, version }: Attempt, reason: string): Promise<void> {
  await database.query(
    `update recomputes set state = 'queued', reason = $3, heard_at = null where id = $1 and version = $2 and state = 'running'`,
    [id, version, reason],
  );
}

export async function fail(database: Database, { id, version }: Attempt, reason: string): Promise<void> {
  await inTransaction(database, (transaction) =>
    endRecomputes(transaction, `id = ${id} and version = ${version}`, { state: 'failed', reason }),
  );
}

/**
 * Makes the attempt's rows the ones that count, in all hours of the range at once, and has the hours compacted and their
 * totals compared again. Rejects with `AttemptLost`; then nothing has changed.
 */
export async function switchOver(database: Database, attempt: Attempt, sources: readonly RecomputedSource[]): Promise<void> {
  const { id, version, range } = attempt;
  await inTransaction(database, async (transaction) => {
    const { rowCount } = await transaction.query(
      `update recomputes set state = 'done', reason = null, sources_done = sources, records_read = records,
         heard_at = clock_timestamp(), ended_at = clock_timestamp()
       where id = $1 and version = $2 and state = 'running'`,
      [id, version],
    );
    if (rowCount === 0) throw new AttemptLost('the recompute was cancelled');
    await giveUpReplacedRows(transaction, range);
    await takeHours(transaction, attempt, sources);
  });
}

async function giveUpReplacedRows(transaction: Transaction, range: HourRange): Promise<void> {
  const { rows } = await transaction.query<{ version: number }>(
    'select 0 as version union select version from hour_versions where hour >= $1 and hour < $2',
    [range.from, range.to],
  );
  for (const { version } of rows) await giveUpRows(transaction, version, range);
}

/** Hours are locked in the order in which cuts touch them. */
async function takeHours(
  transaction: Transaction,
  { version, range }: Attempt,
  sources: readonly RecomputedSource[],
): Promise<void> {
  const { rows } = await transaction.query<{ source: number; hour: number }>(
    `select source, hour from compacted_hours where source = any($1::smallint[]) and hour >= $2 and hour < $3
     order by source, hour for update`,
    [sources.map(({ source }) => source), range.from, range.to],
  );
  const throughSeq = new Map(sources.map((source) => [source.source, source.throughSeq]));
  const place = [rows.map(({ source }) => source), rows.map(({ hour }) => hour)];
  await transaction.query(
    `insert into hour_versions (source, hour, version, through_seq)
     select source, hour, $3, through_seq from unnest($1::smallint[], $2::bigint[], $4::bigint[]) h (source, hour, through_seq)
     on conflict (source, hour) do update set version = excluded.version, through_seq = excluded.through_seq`,
    [...place, version, rows.map(({ source }) => throughSeq.get(source))],
  );
  await transaction.query(
    `update compacted_hours c set touched = touched + 1 from unnest($1::smallint[], $2::bigint[]) h (source, hour)
     where c.source = h.source and c.hour = h.hour`,
    place,
  );
}
