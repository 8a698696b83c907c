import type { Database } from '../database/database.ts';
import { hoursTouching, rowVersions, type HourVersion } from './row-versions.ts';
import type { RowVersions } from './time-series.ts';

/** How far each source is stored, which of its hours are compacted and which recomputed: one moment of the database. */
export interface StoredState {
  /** The newest cut of each source up to which all are stored; sources without any cut are absent. */
  readonly storedSeq: ReadonlyMap<number, number>;
  /** Of each hour (epoch milliseconds), by source. */
  readonly hours: ReadonlyMap<number, ReadonlyMap<number, HourState>>;
  readonly versions: RowVersions;
}

/** Of an hour of a source. */
export interface HourState {
  /** Whether its 1 h rows are complete. */
  readonly complete: boolean;
  /** Of its 1 h rows. */
  readonly version: number;
  /** Grows with whatever changes what the store has of it. */
  readonly touched: number;
}

/**
 * The newest cut of source `s.id` up to which all are stored, as SQL; null where it has no cuts. Rows of later
 * cuts may be in an engine outside the database already, half written.
 */
export const STORED_SEQ = `coalesce(
  (select min(open.seq) - 1 from cuts open where open.source = s.id and open.stored_at is null),
  (select max(cut.seq) from cuts cut where cut.source = s.id))`;

/**
 * Reads the state in one statement, so that all of it is of the same moment: a cut is marked as stored in the
 * transaction that touches its hours. Of windows in [from, to); `compacted` false leaves `hours` empty.
 */
export async function readStoredState(database: Database, from: number, to: number, compacted: boolean): Promise<StoredState> {
  type Row = [source: number, seq: number | null, hour: number | null, touched: number | null, version: number | null];
  const { rows } = await database.query<Row>({
    text: `select s.id, ${STORED_SEQ}, null::bigint, null::bigint, null::integer from sources s
           union all
           select source, merged, hour, touched, null from compacted_hours where $3 and hour >= $1 and hour < $2
           union all
           select source, through_seq, hour, null, version from hour_versions where ${hoursTouching('$1', '$2')}`,
    values: [from, to, compacted],
    rowMode: 'array',
  });
  const storedSeq = new Map<number, number>();
  const hours = new Map<number, Map<number, HourState>>();
  const versions: HourVersion[] = [];
  for (const [source, seq, hour, touched, version] of rows) {
    if (seq === null) continue;
    if (hour === null) {
      storedSeq.set(source, seq);
      continue;
    }
    if (version !== null) {
      versions.push({ source, hour, version, throughSeq: seq });
      continue;
    }
    const ofHour = hours.get(hour) ?? new Map<number, HourState>();
    hours.set(hour, ofHour);
    ofHour.set(source, { complete: seq === touched, version: seq, touched: touched ?? 0 });
  }
  return { storedSeq, hours, versions: rowVersions(versions) };
}

/** Changes whenever an hour in [from, to) is compacted anew. */
export async function compactionMark(database: Database, from: number, to: number): Promise<string> {
  const { rows } = await database.query<{ mark: string }>(
    `select count(*) || '/' || coalesce(sum(merged), 0) as mark from compacted_hours where hour >= $1 and hour < $2`,
    [from, to],
  );
  return rows[0]?.mark ?? '';
}
