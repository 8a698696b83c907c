import { TIERS, windowStart } from '@fleetbeat/contracts/aggregates.ts';
import type { Database, Transaction } from '../database/database.ts';
import type { RowVersions, TimeSeriesStore } from './time-series.ts';

/**
 * Which rows count where hours were recomputed. A recompute writes rows of a new version beside the old ones; a row of
 * `hour_versions` for each (source, hour) then makes readers take them. Later cuts go on writing version 0.
 */

/** Rows of one hour of a source: those of `version` up to the cut `throughSeq`, then those that the cuts have written. */
export interface HourVersion {
  readonly source: number;
  readonly hour: number;
  readonly version: number;
  readonly throughSeq: number;
}

export function rowVersions(hours: Iterable<HourVersion>): RowVersions {
  const byPlace = new Map<string, HourVersion>();
  for (const hour of hours) byPlace.set(`${hour.source}/${hour.hour}`, hour);
  return {
    inUse: [...new Set([...byPlace.values()].map(({ version }) => version))],
    counts: ({ source, window, seq, version = 0 }) => {
      const hour = byPlace.get(`${source}/${windowStart(window, TIERS['1h'])}`);
      return version === (hour === undefined || seq > hour.throughSeq ? 0 : hour.version);
    },
  };
}

/** Conditions on `hour_versions` for windows that start in [$from, $to). */
export function hoursTouching(from: string, to: string): string {
  return `hour > ${from}::bigint - ${TIERS['1h']} and hour < ${to}::bigint`;
}

/** The versions of the hours that [from, to) touches, as they are now. */
export async function readRowVersions(database: Database | Transaction, from: number, to: number): Promise<RowVersions> {
  const { rows } = await database.query<HourVersion>(
    `select source, hour, version, through_seq as "throughSeq" from hour_versions where ${hoursTouching('$1', '$2')}`,
    [from, to],
  );
  return rowVersions(rows);
}

/** A store whose reads look up by themselves which rows count. Replaced rows stay for longer than any read takes. */
export function withRowVersions<Store extends TimeSeriesStore>(store: Store, database: Database): Store {
  return {
    ...store,
    read: async (query) =>
      store.read(
        query.tier === '1h' || query.versions !== undefined || query.to <= query.from
          ? query
          : { ...query, versions: await readRowVersions(database, query.from, query.to) },
      ),
  };
}
