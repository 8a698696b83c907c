import { FAMILIES, SETS, type PartialRow, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { OpenPartials } from '@fleetbeat/contracts/live.ts';

/** A 10 s partial of a cut that is still open, or not yet known to be stored. */
export type OpenRow = PartialRow & { readonly tier: '10s' };

/** What the topic `aggregates` has brought and no store is known to have. */
export interface OpenPartialsTable {
  /** Takes a record in. Answers the rows that are new or have changed; none for a record that is out of date. */
  take(record: OpenPartials): readonly OpenRow[];
  /** Forgets the cuts of a source up to `seq`: the store has them. */
  stored(source: number, seq: number): void;
  /**
   * Open rows of a set whose window starts in [from, to). To be read BEFORE the store: what is forgotten by then is
   * in the store, and what is in both is recognised by (key, window, source, seq).
   */
  rows(set: SetName, keys: readonly string[] | undefined, from: number, to: number): OpenRow[];
  /** Up to when (epoch milliseconds) each source has been read, for those that have said so. */
  readonly through: ReadonlyMap<number, number>;
}

interface OpenCut {
  offset: number;
  /** By set and key, then window. */
  readonly series: Map<string, Map<number, OpenRow>>;
  rows: number;
}

/** Cuts of a source that may wait to be stored; more means that the store is away, and then the newest count. */
const MAX_OPEN_CUTS = 8;
/** Rows of one cut; a processor ends a cut long before. */
const MAX_ROWS_OF_CUT = 200_000;

export function createOpenPartials(): OpenPartialsTable {
  const cuts = new Map<number, Map<number, OpenCut>>();
  const storedUpTo = new Map<number, number>();
  const through = new Map<number, number>();

  function cutOf(source: number, seq: number): OpenCut {
    const ofSource = cuts.get(source) ?? new Map<number, OpenCut>();
    cuts.set(source, ofSource);
    const known = ofSource.get(seq);
    if (known !== undefined) return known;
    const cut: OpenCut = { offset: -1, series: new Map(), rows: 0 };
    ofSource.set(seq, cut);
    while (ofSource.size > MAX_OPEN_CUTS) ofSource.delete(Math.min(...ofSource.keys()));
    return cut;
  }

  return {
    through,

    take(record) {
      if (record.seq <= (storedUpTo.get(record.source) ?? -1)) return [];
      const cut = cutOf(record.source, record.seq);
      // Another processor that replays the cut has not come as far yet; it will say the same again.
      if (record.offset < cut.offset) return [];
      cut.offset = record.offset;
      through.set(record.source, Math.max(record.through, through.get(record.source) ?? 0));
      const changed: OpenRow[] = [];
      for (const partial of record.partials) {
        const row = rowOf(record, partial);
        if (row === null) continue;
        const name = seriesName(row.set, row.key);
        const series = cut.series.get(name) ?? new Map<number, OpenRow>();
        cut.series.set(name, series);
        if (!series.has(row.window)) {
          if (cut.rows >= MAX_ROWS_OF_CUT) continue;
          cut.rows++;
        }
        series.set(row.window, row);
        changed.push(row);
      }
      return changed;
    },

    stored(source, seq) {
      storedUpTo.set(source, Math.max(seq, storedUpTo.get(source) ?? -1));
      const ofSource = cuts.get(source);
      for (const known of ofSource?.keys() ?? []) if (known <= seq) ofSource?.delete(known);
    },

    rows(set, keys, from, to) {
      const found: OpenRow[] = [];
      const collect = (series: Map<number, OpenRow> | undefined) => {
        for (const [window, row] of series ?? []) if (window >= from && window < to) found.push(row);
      };
      for (const ofSource of cuts.values()) {
        for (const cut of ofSource.values()) {
          if (keys !== undefined) for (const key of keys) collect(cut.series.get(seriesName(set, key)));
          else for (const [name, series] of cut.series) if (name.startsWith(`${set}/`)) collect(series);
        }
      }
      return found;
    },
  };
}

function seriesName(set: SetName, key: string): string {
  return `${set}/${key}`;
}

/** The row of an open partial, or null where it does not have its family's columns. */
function rowOf(record: OpenPartials, partial: OpenPartials['partials'][number]): OpenRow | null {
  if (!Object.hasOwn(SETS, partial.set)) return null;
  if (partial.values.length !== Object.keys(FAMILIES[SETS[partial.set]].columns).length) return null;
  return {
    set: partial.set,
    key: partial.key,
    tier: '10s',
    window: partial.window,
    source: record.source,
    seq: record.seq,
    values: partial.values,
    sketch: partial.sketch === null ? null : Buffer.from(partial.sketch, 'base64'),
    distinct: partial.distinct === null ? null : Buffer.from(partial.distinct, 'base64'),
  };
}
