import type { PartialRow, SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Metrics } from '../metrics.ts';
import { readWindows, type WindowsByKey, type WindowSources } from './read-windows.ts';

export type { WindowsByKey };

/** A range of whole windows of `stepMs`, epoch-aligned and half-open, in milliseconds. */
export interface WindowRange {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

export interface WindowRequest {
  readonly set: SetName;
  /** Undefined reads every key of the set. */
  readonly keys?: readonly string[] | undefined;
  /** Under which key the windows of a key are answered: those of several become one. */
  readonly keyOf?: ((key: string) => string) | undefined;
  readonly range: WindowRange;
  /** Without sketches there are no quantiles and no distinct users. */
  readonly sketches: boolean;
  /** Rows to merge at most, 500,000 unless given. */
  readonly limit?: number | undefined;
}

/** Merged windows, and the range as it was read: what is kept only in coarser windows comes in those. */
export interface WindowAnswer {
  readonly range: WindowRange;
  readonly byKey: WindowsByKey;
}

/** Reads windows, each with everything stored and open in it. Rejects with `TooManyRows` where one answer would be too large. */
export type ReadWindows = (request: WindowRequest) => Promise<WindowAnswer>;

/** What is open: the rows of a set and of some keys, half-open in time. */
export interface OpenRowsTable {
  rows(set: SetName, keys: readonly string[] | undefined, from: number, to: number): PartialRow[];
}

/** Without a table of what is open, windows end with what is stored. */
export function createReadWindows(
  sources: WindowSources,
  metrics: Pick<Metrics, 'timed'>,
  open: OpenRowsTable | null = null,
): ReadWindows {
  return async ({ set, keys, keyOf, range, sketches, limit }) => {
    const { from, to, stepMs } = range;
    // Unbounded in time: what is kept only in coarser windows makes the range wider.
    const openRows = open?.rows(set, keys, 0, Number.MAX_SAFE_INTEGER);
    const windows = await metrics.timed(`windows.${set}`, () =>
      readWindows(sources, { set, keys, keyOf, from, to, stepMs, sketches, limit, open: openRows }),
    );
    return { range: { from: windows.from, to: windows.to, stepMs: windows.stepMs }, byKey: windows.byKey };
  };
}
