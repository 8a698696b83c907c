import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { closeDatabase, openDatabase } from './database/open.ts';
import type { EventLog } from './event-log/event-log.ts';
import { openEventLog } from './event-log/open.ts';
import type { JobQueue } from './job-queue/job-queue.ts';
import { openJobQueue } from './job-queue/open.ts';
import type { Logger } from './logger.ts';
import { openTimeSeries } from './time-series/open.ts';
import type { TimeSeriesStore } from './time-series/time-series.ts';

/** The four engines of one process, each opened when first asked for. */
export interface OpenEngines {
  readonly database: Database;
  readonly eventLog: EventLog;
  readonly timeSeries: TimeSeriesStore;
  readonly jobQueue: JobQueue;
  /** Closes what was opened, the database last. */
  close(): Promise<void>;
}

export function openEngines(config: Config, logger: Logger): OpenEngines {
  const closing: (() => Promise<void>)[] = [];
  function once<T>(open: () => T, close: (opened: T) => Promise<void>): () => T {
    let opened: { value: T } | undefined;
    return () => {
      if (opened === undefined) {
        opened = { value: open() };
        const { value } = opened;
        closing.push(() => close(value));
      }
      return opened.value;
    };
  }

  const database = once(
    () => openDatabase(databaseUrl(config), logger),
    (pool) => closeDatabase(pool),
  );
  const eventLog = once(
    () => openEventLog(config, database(), logger),
    (log) => log.close(),
  );
  const timeSeries = once(
    () => openTimeSeries(config, database(), logger),
    (store) => store.close(),
  );
  const jobQueue = once(
    () => openJobQueue(config, database(), logger),
    (queue) => queue.close(),
  );

  return {
    get database() {
      return database();
    },
    get eventLog() {
      return eventLog();
    },
    get timeSeries() {
      return timeSeries();
    },
    get jobQueue() {
      return jobQueue();
    },
    async close() {
      for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
    },
  };
}

function databaseUrl(config: Config): string {
  if (config.databaseUrl === undefined) throw new Error('DATABASE_URL is not set');
  return config.databaseUrl;
}
