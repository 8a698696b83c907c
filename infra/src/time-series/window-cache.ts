import { createHash } from 'node:crypto';
import type { PartialRow, SetName } from '@fleetbeat/contracts/aggregates.ts';

/**
 * Merged windows of hours that are over, kept in memory. What the store holds of an hour changes only together with the hour's
 * `touched` (a late cut, a recompute), which every reader learns from the database with the state that it reads by: an
 * hour is taken from here only if its mark is that of the moment, so nothing out of date is ever answered.
 */
export interface WindowCache {
  /** The rows of an hour as of this mark; undefined where they are not known. */
  get(question: string, hour: number, mark: string): readonly PartialRow[] | undefined;
  put(question: string, hour: number, mark: string, rows: readonly PartialRow[]): void;
  /** Hours that were found and that were not, since the start, and the bytes that are held. */
  readonly stats: { readonly hits: number; readonly misses: number; readonly bytes: number };
}

interface Entry {
  readonly mark: string;
  readonly rows: readonly PartialRow[];
  readonly bytes: number;
}

/** About what an entry and a row take beside their columns and sketches. */
const ENTRY_BYTES = 400;
const ROW_BYTES = 300;

/** Holds `maxBytes` at most, as far as that can be told; what was not asked for the longest goes first. */
export function createWindowCache(maxBytes: number): WindowCache {
  // A map keeps the order in which its keys came.
  const entries = new Map<string, Entry>();
  const stats = { hits: 0, misses: 0, bytes: 0 };

  function drop(name: string): void {
    stats.bytes -= entries.get(name)?.bytes ?? 0;
    entries.delete(name);
  }

  return {
    stats,
    get(question, hour, mark) {
      const name = `${question}/${hour}`;
      const entry = entries.get(name);
      if (entry?.mark !== mark) {
        stats.misses++;
        return undefined;
      }
      stats.hits++;
      entries.delete(name);
      entries.set(name, entry);
      return entry.rows;
    },
    put(question, hour, mark, rows) {
      const name = `${question}/${hour}`;
      const bytes = rows.reduce((sum, row) => sum + bytesOf(row), ENTRY_BYTES);
      drop(name);
      // One that would drive out most of the others is not worth it.
      if (bytes > maxBytes / 8) return;
      entries.set(name, { mark, rows, bytes });
      stats.bytes += bytes;
      for (const oldest of entries.keys()) {
        if (stats.bytes <= maxBytes) return;
        drop(oldest);
      }
    },
  };
}

function bytesOf({ key, values, sketch, distinct }: PartialRow): number {
  return ROW_BYTES + 2 * key.length + 8 * values.length + (sketch?.length ?? 0) + (distinct?.length ?? 0);
}

/** What tells one question for the windows of an hour from another; `keys` undefined: every key of the set. */
export function questionOf(
  set: SetName,
  keys: readonly string[] | undefined,
  keyOf: ((key: string) => string) | undefined,
  stepMs: number,
  sketches: boolean,
): string {
  const which = keys?.flatMap((key) => (keyOf === undefined ? [key] : [key, keyOf(key)]));
  const hash = createHash('sha256').update(JSON.stringify([set, which ?? null, keyOf !== undefined, stepMs, sketches]));
  return hash.digest('base64url');
}
