import type { SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { Metrics } from '@fleetbeat/infra/metrics.ts';
import { readWindows, type WindowsByKey, type WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';
import type { WindowRange } from '../http/time-range.ts';
import type { OpenPartialsTable } from './open-partials.ts';

export type { WindowsByKey };

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

export function createReadWindows(
  sources: WindowSources,
  open: Pick<OpenPartialsTable, 'rows'>,
  metrics: Pick<Metrics, 'timed'>,
): ReadWindows {
  return async ({ set, keys, keyOf, range, sketches, limit }) => {
    const { from, to, stepMs } = range;
    // Unbounded in time: what is kept only in coarser windows makes the range wider.
    const openRows = open.rows(set, keys, 0, Number.MAX_SAFE_INTEGER);
    const windows = await metrics.timed(`windows.${set}`, () =>
      readWindows(sources, { set, keys, keyOf, from, to, stepMs, sketches, limit, open: openRows }),
    );
    return { range: { from: windows.from, to: windows.to, stepMs: windows.stepMs }, byKey: windows.byKey };
  };
}
