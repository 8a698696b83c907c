import type { PartialRow, SetName, Tier } from '@fleetbeat/contracts/aggregates.ts';
import type { Transaction } from '../database/database.ts';

/** The time-series store: partial aggregates by (set, key, tier, window, source, seq). */

/** Which rows count where hours were recomputed; see `row-versions.ts`. */
export interface RowVersions {
  /** Versions above 0 that some hour has. */
  readonly inUse: readonly number[];
  /** Whether a row of the 10 s or 1 m tier is one to be read. */
  counts(row: Pick<PartialRow, 'source' | 'window' | 'seq' | 'version'>): boolean;
}

export interface PartialQuery {
  readonly set: SetName;
  /** Undefined reads every key of the set. */
  readonly keys?: readonly string[] | undefined;
  /** Undefined reads the rows of every source. */
  readonly source?: number | undefined;
  readonly tier: Tier;
  /** Epoch milliseconds, half-open: windows that start in [from, to). */
  readonly from: number;
  readonly to: number;
  /** Without it the sketches come back as null, which is much cheaper. */
  readonly sketches: boolean;
  /** Rows at most; more is a `TooManyRows`. */
  readonly limit: number;
  /** Which rows of recomputed hours count, where the caller has read that already. An adapter by itself takes none for version 0 alone. */
  readonly versions?: RowVersions | undefined;
}

export interface TimeSeriesStore {
  readonly engine: 'postgres' | 'influxdb';
  /**
   * Stores rows. The same row written again changes nothing. An engine that lives in the database writes
   * within `transaction`; any other has no use for one (null) and resolves when the rows are durable there.
   * Rejects with `StoreUnavailable` (worth a retry) or `StoreRefused` (not).
   */
  write(rows: readonly PartialRow[], transaction: Transaction | null): Promise<void>;
  /** The partials that match, unmerged, in no particular order. */
  read(query: PartialQuery): Promise<PartialRow[]>;
  /** Drops rows of a tier whose window starts before `before` (epoch milliseconds). */
  expire(tier: Tier, before: number): Promise<void>;
  /**
   * Drops 10 s and 1 m rows that a recompute has replaced, of windows that start in [from, to). InfluxDB keeps those of
   * version 0 until their retention ends.
   */
  drop(version: number, from: number, to: number): Promise<void>;
  /** Rejects where the engine cannot be used. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

export class TooManyRows extends Error {
  override readonly name = 'TooManyRows';
}
