import type { Family, Tier } from '@fleetbeat/contracts/aggregates.ts';
import { Partial, type Mergeable } from './partial.ts';

/** Merged windows by key, then by their start; windows without any row are absent. */
export type WindowsByKey = Map<string, Map<number, Partial>>;

/** A stretch of time whose rows of one tier are read. */
export interface Segment {
  readonly tier: Tier;
  readonly from: number;
  readonly to: number;
}

/** Puts rows together by key and window. */
export interface Merge {
  readonly byKey: WindowsByKey;
  /** `window` is the start of what is added; it may be finer than the windows that it is merged into. */
  add(key: string, window: number, rows: Mergeable): void;
}

export function createMerge(family: Family, stepMs: number, sketches: boolean): Merge {
  const byKey: WindowsByKey = new Map();
  return {
    byKey,
    add(key, window, rows) {
      let windows = byKey.get(key);
      if (windows === undefined) byKey.set(key, (windows = new Map()));
      const start = Math.floor(window / stepMs) * stepMs;
      let partial = windows.get(start);
      if (partial === undefined) windows.set(start, (partial = new Partial(family)));
      if (sketches) partial.merge(rows);
      else partial.mergeValues(rows.values);
    },
  };
}
