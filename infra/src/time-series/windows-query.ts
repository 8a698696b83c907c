import type { PartialRow, SetName } from '@fleetbeat/contracts/aggregates.ts';

/**
 * Partials of cuts that were not stored, or not known to be, when they were taken: 10 s rows, at most one for a
 * (set, key, window, source, seq). They must be taken before the read begins, and a cut's may only be given
 * up once the database has it as stored; then nothing is counted twice and nothing is missing.
 */
export type OpenRows = Iterable<PartialRow>;

export interface WindowsQuery {
  readonly set: SetName;
  /** Undefined reads every key of the set. */
  readonly keys?: readonly string[] | undefined;
  /** Under which key the windows of a key are answered: those of several become one. Its own unless given. */
  readonly keyOf?: ((key: string) => string) | undefined;
  /** Epoch milliseconds, half-open; rounded outward to windows. */
  readonly from: number;
  readonly to: number;
  /** Length of the windows in milliseconds, a multiple of 10 s; see `chooseStep`. */
  readonly stepMs: number;
  /** Without sketches there are no quantiles and no distinct users, and reading is much cheaper. */
  readonly sketches: boolean;
  /** Rows to merge at most (500,000 unless given). */
  readonly limit?: number | undefined;
  readonly open?: OpenRows | undefined;
}
