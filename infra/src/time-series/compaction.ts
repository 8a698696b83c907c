import { SETS, TIERS, type PartialRow, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import { inTransaction, type Database, type Transaction } from '../database/database.ts';
import { Partial } from './partial.ts';
import { deleteOldVersions } from './postgres.ts';
import { STORED_SEQ } from './stored-cuts.ts';
import { TooManyRows, type TimeSeriesStore } from './time-series.ts';

/**
 * Compaction: the 1 m rows of a source's hour, of all its cuts, merged into one 1 h row for each (set, key).
 * The rows carry the hour's version (`touched`) as their `seq`; readers use them while merged = touched.
 */

/** An hour is left alone until this long after its end, in milliseconds: most of its cuts are stored by then. */
const QUIET_MS = 120_000;
/** Any number that nobody else uses: one process compacts at a time. */
const COMPACTION_LOCK = 6_174_902_311;
/** 1 m rows held in memory at a time. */
const ROWS_AT_ONCE = 200_000;
const SLICE_MS = 600_000;
const WRITE_ROWS = 5_000;

export interface Compaction {
  readonly store: TimeSeriesStore;
  readonly database: Database;
}

interface DueHour {
  readonly source: number;
  readonly hour: number;
  readonly touched: number;
  /** The newest cut that the hour's version stands for. */
  readonly storedSeq: number;
}

/**
 * Compacts up to `limit` hours that ended 2 minutes before `now` (epoch milliseconds) or earlier and have
 * changed since they were compacted last, oldest first. Answers how many it has completed: none where
 * another process is at it. An hour that cannot be compacted does not keep the others; the first such
 * failure is thrown at the end.
 */
export async function compactHours(compaction: Compaction, now: number, limit: number): Promise<number> {
  const tried: string[] = [];
  const failures: unknown[] = [];
  let compacted = 0;
  while (tried.length < limit) {
    const outcome = await compactNext(compaction, now, tried).catch((error: unknown) => {
      failures.push(error);
      return 'failed' as const;
    });
    if (outcome === 'nothing due' || outcome === 'another at work') break;
    // What failed before an hour was chosen will fail for the next one, too.
    if (outcome === 'failed' && failures.length > tried.length) break;
    if (outcome === 'compacted') compacted++;
  }
  if (failures.length > 0) throw failures[0];
  return compacted;
}

type Outcome = 'compacted' | 'touched meanwhile' | 'nothing due' | 'another at work';

async function compactNext({ store, database }: Compaction, now: number, tried: string[]): Promise<Outcome> {
  return inTransaction(database, async (transaction): Promise<Outcome> => {
    // While another engine is read and written, this connection only waits.
    await transaction.query(`set local idle_in_transaction_session_timeout = '15min'`);
    const lock = await transaction.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [COMPACTION_LOCK]);
    if (lock.rows[0]?.held !== true) return 'another at work';
    const due = await nextDue(transaction, now, tried);
    if (due === undefined) return 'nothing due';
    tried.push(placeOf(due));
    await transaction.query('savepoint rows');
    for (const set of Object.keys(SETS) as SetName[]) await compactSet(store, transaction, set, due);
    const { rowCount } = await transaction.query(
      'update compacted_hours set merged = touched where source = $1 and hour = $2 and touched = $3',
      [due.source, due.hour, due.touched],
    );
    if (rowCount === 0) {
      await transaction.query('rollback to savepoint rows');
      return 'touched meanwhile';
    }
    if (store.engine === 'postgres') await deleteOldVersions(transaction, due.source, due.hour, due.touched);
    return 'compacted';
  });
}

/** One statement, because the hour's version and the cuts it stands for must be of the same moment. */
async function nextDue(transaction: Transaction, now: number, tried: readonly string[]): Promise<DueHour | undefined> {
  const { rows } = await transaction.query<{ source: number; hour: number; touched: number; stored_seq: number | null }>(
    `select h.source, h.hour, h.touched, ${STORED_SEQ} as stored_seq
     from compacted_hours h join sources s on s.id = h.source
     where h.merged < h.touched and h.hour <= $1 and h.source || '/' || h.hour <> all($2::text[])
     order by h.hour, h.source limit 1`,
    [now - QUIET_MS - TIERS['1h'], tried],
  );
  const row = rows[0];
  // Without a cut in the database every row that is there was stored long ago.
  return row && { source: row.source, hour: row.hour, touched: row.touched, storedSeq: row.stored_seq ?? Infinity };
}

function placeOf({ source, hour }: DueHour): string {
  return `${source}/${hour}`;
}

async function compactSet(store: TimeSeriesStore, transaction: Transaction, set: SetName, due: DueHour): Promise<void> {
  const byKey = new Map<string, Partial>();
  const end = due.hour + TIERS['1h'];
  for (let from = due.hour; from < end; from += SLICE_MS) {
    await mergeSlice(store, set, due, from, Math.min(end, from + SLICE_MS), byKey);
  }
  let rows: PartialRow[] = [];
  for (const [key, partial] of byKey) {
    rows.push(partial.toRow({ set, key, tier: '1h', window: due.hour, source: due.source, seq: due.touched }));
    if (rows.length < WRITE_ROWS) continue;
    await store.write(rows, transaction);
    rows = [];
  }
  if (rows.length > 0) await store.write(rows, transaction);
}

/** Merges the 1 m rows of [from, to); in halves where there are too many for one read. */
async function mergeSlice(
  store: TimeSeriesStore,
  set: SetName,
  due: DueHour,
  from: number,
  to: number,
  byKey: Map<string, Partial>,
): Promise<void> {
  const minutes = (to - from) / TIERS['1m'];
  const limit = minutes > 1 ? ROWS_AT_ONCE : Number.MAX_SAFE_INTEGER - 1;
  let rows: PartialRow[];
  try {
    rows = await store.read({ set, source: due.source, tier: '1m', from, to, sketches: true, limit });
  } catch (error) {
    if (!(error instanceof TooManyRows) || minutes <= 1) throw error;
    const middle = from + Math.floor(minutes / 2) * TIERS['1m'];
    await mergeSlice(store, set, due, from, middle, byKey);
    await mergeSlice(store, set, due, middle, to, byKey);
    return;
  }
  for (const row of rows) {
    // A later cut may be half written; its mark will touch the hour again.
    if (row.seq > due.storedSeq) continue;
    let partial = byKey.get(row.key);
    if (partial === undefined) byKey.set(row.key, (partial = new Partial(SETS[set])));
    partial.merge(row);
  }
}
