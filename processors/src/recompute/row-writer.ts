import { setTimeout as pause } from 'node:timers/promises';
import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { inTransaction, type Database } from '@fleetbeat/infra/database/database.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { StoreRefused, type TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';

const ROWS_AT_ONCE = 5_000;
const LONGEST_PAUSE_MS = 5_000;

/** Gathers rows of many small cuts and writes them in large batches, one after the other; waits out a store that is away. */
export class RowWriter {
  readonly #parts: { database: Database; timeSeries: TimeSeriesStore; logger: Logger };
  readonly #signal: AbortSignal;
  #rows: PartialRow[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(parts: { database: Database; timeSeries: TimeSeriesStore; logger: Logger }, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Resolves when there is room for more. Rejects with `StoreRefused`, or where `signal` aborts. */
  async add(rows: Iterable<PartialRow>): Promise<void> {
    for (const row of rows) {
      this.#rows.push(row);
      if (this.#rows.length >= ROWS_AT_ONCE) await this.flush();
    }
  }

  /** Resolves when everything added is stored. */
  async flush(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    this.#last = this.#last.then(() => this.#write(rows));
    await this.#last;
  }

  async #write(rows: readonly PartialRow[]): Promise<void> {
    const { database, timeSeries, logger } = this.#parts;
    for (let pauseMs = 250; rows.length > 0; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
      this.#signal.throwIfAborted();
      try {
        await inTransaction(database, (transaction) => timeSeries.write(rows, transaction));
        return;
      } catch (error) {
        if (error instanceof StoreRefused) throw error;
        logger.warn({ err: error, retry_in_ms: pauseMs }, 'recomputed rows could not be stored, trying again');
        await pause(pauseMs, undefined, { signal: this.#signal });
      }
    }
  }
}
