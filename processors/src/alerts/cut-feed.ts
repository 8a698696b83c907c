import type { SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';

/** What this process has in memory of the cuts it makes itself, so that rules need not wait for the store. */

/** The 10 s partials of one set over one cut. */
export interface CutTable {
  readonly set: SetName;
  keys(): Iterable<string>;
  /** The keys that were added to since the last call, all at the first. */
  takeChanged(): readonly string[];
  windowsOf(key: string): ReadonlyMap<number, Partial>;
}

export interface FedCut {
  readonly source: number;
  readonly seq: number;
  /** The tables of these sets, as they are now. */
  readonly tables: (sets: ReadonlySet<SetName>) => readonly CutTable[];
}

export interface CutFeed {
  /** Cuts that this process has stored and that are not let go of, those of a source in their order. */
  stored(): readonly FedCut[];
  /** Cuts that are not known to be stored, those of a source in their order. */
  open(): readonly FedCut[];
  /** How far a source has been read by the log's clock (epoch ms); undefined where another process reads it. */
  clockOf(source: number): number | undefined;
  /** Lets go of stored cuts. */
  release(cuts: readonly FedCut[]): void;
}

/** Of a process that makes no cuts. */
export const NO_FEED: CutFeed = { stored: () => [], open: () => [], clockOf: () => undefined, release: () => undefined };
