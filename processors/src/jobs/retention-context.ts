import type { Config } from '@fleetbeat/infra/config.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import type { TimeSeriesStore } from '@fleetbeat/infra/time-series/time-series.ts';

/** What a retention task works on. */
export interface RetentionContext {
  readonly database: Database;
  readonly eventLog: EventLog;
  readonly timeSeries: TimeSeriesStore;
  readonly retention: Config['retention'];
  readonly logger: Logger;
  readonly now: () => number;
  /** Aborts when the service stops; a task ends between two batches then and is tried again. */
  readonly signal: AbortSignal;
}

/** Drops what has outlived its retention; answers how many rows have gone, where that is known. */
export type RetentionRun = (context: RetentionContext) => Promise<number>;
