import type { ReadQuery } from '../http/read-query.ts';

export interface SourceState {
  readonly source: number;
  readonly topic: string;
  readonly partition: number;
  /** When the last record of the newest stored cut was appended, epoch milliseconds; 0 before the first. */
  readonly storedThrough: number;
  /** The newest cut up to which all are stored; -1 before the first. */
  readonly storedSeq: number;
}

/** Knows how far each source is stored, by asking the database. */
export interface StoredCuts {
  readonly sources: ReadonlyMap<number, SourceState>;
  /** Asks now and tells the listeners of every source that has moved. */
  refresh(): Promise<void>;
  onStored(listener: (state: SourceState) => void): void;
}

interface SourceRow {
  source: number;
  topic: string;
  partition: number;
  stored_through: number;
  stored_seq: number;
}

// The cuts of a source are stored in order; the first that is open, if there is one, ends what is stored.
const SOURCES = `
  select s.id as source, s.topic, s.partition, coalesce(c.seq, -1) as stored_seq, coalesce(c.last_append_ms, 0) as stored_through
  from sources s left join lateral (
    select seq, last_append_ms from cuts
    where source = s.id and stored_at is not null
      and seq < coalesce((select min(o.seq) from cuts o where o.source = s.id and o.stored_at is null), 9223372036854775807)
    order by seq desc limit 1
  ) c on true`;

export function createStoredCuts(query: ReadQuery): StoredCuts {
  const sources = new Map<number, SourceState>();
  const listeners: ((state: SourceState) => void)[] = [];

  return {
    sources,
    async refresh() {
      const rows = await query<SourceRow>('cuts.stored', SOURCES);
      for (const row of rows) {
        const state: SourceState = {
          source: row.source,
          topic: row.topic,
          partition: row.partition,
          storedThrough: row.stored_through,
          storedSeq: row.stored_seq,
        };
        const moved = state.storedSeq > (sources.get(row.source)?.storedSeq ?? -1);
        sources.set(row.source, state);
        if (moved) for (const listener of listeners) listener(state);
      }
    },
    onStored(listener) {
      listeners.push(listener);
    },
  };
}
