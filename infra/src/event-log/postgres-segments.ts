import type { Database } from '../database/database.ts';
import type { LogRecord } from './event-log.ts';
import { copyOut } from './copy-out.ts';

/** A table that holds the records of one log from `firstOffset` to the next segment's. */
export interface Segment {
  readonly id: number;
  readonly log: number;
  readonly firstOffset: number;
  /** Epoch milliseconds of the log's clock; records of older segments are no newer. */
  readonly openedMs: number;
}

/** Bytes of one read, roughly; a single larger record comes alone. */
const READ_BYTES = 4 * 1024 * 1024;
const READ_RECORDS = 4_000;
/** What a record costs beyond its value; bounds reads of many tiny ones. */
const RECORD_OVERHEAD = 100;

/** The segments of all logs, as last read from the database. */
export interface Segments {
  refresh(): Promise<void>;
  /** Segments of a log, oldest first. Empty where none is known. */
  of(log: number): readonly Segment[];
  /** One past the newest offset of each log; refreshes where segments have come or gone. */
  ends(logs: readonly number[]): Promise<Map<number, number>>;
  /** Records of a log from `offset` on, or from the oldest that is left. Empty where there are none. */
  read(log: number, offset: number): Promise<LogRecord[]>;
}

export function createSegments(database: Database): Segments {
  let byLog = new Map<number, Segment[]>();
  let newestId = 0;

  const of = (log: number): readonly Segment[] => byLog.get(log) ?? [];

  async function refresh(): Promise<void> {
    const { rows } = await database.query<{ id: number; log: number; first_offset: number; opened_ms: number }>(
      'select id, log, first_offset, opened_ms from log_segments order by log, first_offset',
    );
    const next = new Map<number, Segment[]>();
    let newest = 0;
    for (const row of rows) {
      const segment = { id: row.id, log: row.log, firstOffset: row.first_offset, openedMs: row.opened_ms };
      const segments = next.get(row.log);
      if (segments === undefined) next.set(row.log, [segment]);
      else segments.push(segment);
      newest = Math.max(newest, row.id);
    }
    byLog = next;
    newestId = newest;
  }

  /** Runs `work`, once more after a refresh where a segment that it used has been dropped. */
  async function withSegments<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isMissingTable(error)) throw error;
      await refresh();
      return work();
    }
  }

  async function ends(logs: readonly number[]): Promise<Map<number, number>> {
    if (logs.some((log) => of(log).length === 0)) await refresh();
    for (;;) {
      const newest: Segment[] = [];
      for (const log of logs) {
        const segment = of(log).at(-1);
        if (segment === undefined) throw new Error(`the log ${log} has no segment`);
        newest.push(segment);
      }
      const heads = newest.map(({ id }) => `(select log_offset from event_log.s${id} order by log_offset desc limit 1)`);
      const { rows } = await database.query<{ newest_id: number; heads: (string | null)[] }>(
        `select (select max(id) from log_segments) as newest_id, array[${heads.join(', ')}]::text[] as heads`,
      );
      const row = rows[0];
      if (row === undefined) throw new Error('no answer to the query for the log ends');
      if (row.newest_id !== newestId) {
        // A newer segment may hold what the ones asked do not: ask again.
        await refresh();
        continue;
      }
      return new Map(
        newest.map((segment, i) => {
          const head = row.heads[i] ?? null;
          return [segment.log, head === null ? segment.firstOffset : Number(head) + 1];
        }),
      );
    }
  }

  async function read(log: number, offset: number): Promise<LogRecord[]> {
    if (of(log).length === 0) await refresh();
    // Taken before the first read: that a segment has a successor in it means that the read saw all of the segment.
    const segments = of(log);
    const index = segments.findLastIndex((segment) => segment.firstOffset <= offset);
    for (const segment of segments.slice(Math.max(0, index))) {
      const records = await readSegment(database, segment, offset);
      if (records.length > 0) return records;
    }
    return [];
  }

  return {
    refresh,
    of,
    ends: (logs) => withSegments(() => ends(logs)),
    read: (log, offset) => withSegments(() => read(log, offset)),
  };
}

async function readSegment(database: Database, segment: Segment, offset: number): Promise<LogRecord[]> {
  const table = `event_log.s${segment.id}`;
  const size = `(octet_length(value) + ${RECORD_OVERHEAD})`;
  // The inner part looks at sizes only: values are stored apart and read for the rows that remain.
  const select = `
    select log_offset, appended_at, events, tick, key, value, request_id
    from (
      select *, sum(${size}) over (order by log_offset rows unbounded preceding) - ${size} as bytes_before
      from (select * from ${table} where log_offset >= ${Math.max(0, Math.trunc(offset))} order by log_offset limit ${READ_RECORDS}) r
    ) r
    where bytes_before < ${READ_BYTES}`;
  const records: LogRecord[] = [];
  const client = await database.connect();
  let failure: Error | undefined;
  try {
    await copyOut(client, select, ([logOffset, appendedAt, events, tick, key, value, requestId]) => {
      if (!logOffset || !appendedAt || !tick || !value) throw new Error('a log record lacks a column');
      records.push({
        offset: int8(logOffset),
        appendedAt: int8(appendedAt),
        count: events ? events.readInt32BE(0) : null,
        tick: tick[0] === 1,
        key: key ? key.toString('utf8') : null,
        value,
        requestId: requestId ? requestId.toString('latin1') : undefined,
      });
    });
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    client.release(failure !== undefined && !isMissingTable(failure) ? failure : undefined);
  }
  return records;
}

function int8(bytes: Buffer): number {
  return bytes.readInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4);
}

function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42P01';
}
