import type { Database } from '@fleetbeat/infra/database/database.ts';

/** A source that lags by more than this is not believed when it is silent, in milliseconds. */
export const LAGS_AFTER_MS = 30_000;

/** How far a source has been read, by the log's clock in epoch milliseconds. */
export interface SourceClock {
  readonly source: number;
  /** Whatever was appended before is in the registry. */
  readonly clock: number;
  readonly lagging: boolean;
  /** Since when the clock has run without a gap. */
  readonly steadyFrom: number;
}

export interface NotedClock {
  readonly clock: number;
  readonly steadyFrom: number;
}

/**
 * Reads a clock against what was noted of it before. A leap means that nothing was appended for a while, or that nobody
 * looked: whoever was silent over it may not have been able to say anything.
 */
export function readClock(source: number, clock: number, noted: NotedClock | undefined, now: number): SourceClock {
  const leapt = noted === undefined || clock - noted.clock > LAGS_AFTER_MS;
  return { source, clock, lagging: now - clock > LAGS_AFTER_MS, steadyFrom: leapt ? clock : noted.steadyFrom };
}

/** Whether somebody last seen at `lastSeen` is silent for longer than `silentMs`: `unknown` where it cannot be told. */
export function isSilent(clock: SourceClock, lastSeen: number, silentMs: number): boolean | 'unknown' {
  if (clock.clock - lastSeen <= silentMs) return clock.lagging ? 'unknown' : false;
  if (clock.lagging || clock.clock - clock.steadyFrom <= silentMs) return 'unknown';
  return true;
}

/** Reads the clocks of all sources that anything was read from. */
export async function readSourceClocks(database: Database, now: number): Promise<SourceClock[]> {
  interface Row {
    id: number;
    clock: number;
    noted_clock: number | null;
    steady_from: number | null;
  }
  // While a cut is open, the registry is as old as the cut before; whatever was in it once stays there.
  const { rows } = await database.query<Row>(
    `select s.id, n.clock_ms as noted_clock, n.steady_from_ms as steady_from,
       case when s.open_events = 0 then s.clock_ms else coalesce(greatest(n.clock_ms,
         (select c.last_append_ms from cuts c where c.source = s.id and c.stored_at is not null order by c.seq desc limit 1)),
         s.clock_ms) end as clock
     from sources s left join alert_sources n on n.source = s.id where s.clock_ms > 0`,
  );
  return rows.map((row) => {
    const noted =
      row.noted_clock === null || row.steady_from === null ? undefined : { clock: row.noted_clock, steadyFrom: row.steady_from };
    return readClock(row.id, row.clock, noted, now);
  });
}

/** Notes clocks for the next round, whoever evaluates then. */
export async function noteSourceClocks(database: Database, clocks: readonly SourceClock[]): Promise<void> {
  await database.query(
    `insert into alert_sources (source, clock_ms, steady_from_ms) select * from unnest($1::smallint[], $2::bigint[], $3::bigint[])
     on conflict (source) do update set clock_ms = excluded.clock_ms, steady_from_ms = excluded.steady_from_ms`,
    [clocks.map(({ source }) => source), clocks.map(({ clock }) => clock), clocks.map(({ steadyFrom }) => steadyFrom)],
  );
}
