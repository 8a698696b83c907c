import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import type { EventLog } from './event-log/event-log.ts';
import type { JobQueue } from './job-queue/job-queue.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { TimeSeriesStore } from './time-series/time-series.ts';

export const SERVICES = ['gateway', 'processors', 'jobs', 'bff', 'probe'] as const;
export type ServiceName = (typeof SERVICES)[number];

/**
 * What a service is given at its start. Each service's entry module exports
 * `async function start(context: ServiceContext): Promise<void>`, which resolves when the service is usable
 * and registers with `lifecycle` whatever must be stopped.
 *
 * The four engines are opened when first asked for and closed after everything the service registered
 * itself, so that a service which needs no database never connects to one.
 */
export interface ServiceContext {
  readonly name: ServiceName;
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** Served on METRICS_PORT where that is set; gateway and BFF also serve `metrics.registry` themselves. */
  readonly metrics: Metrics;
  readonly database: Database;
  readonly eventLog: EventLog;
  readonly timeSeries: TimeSeriesStore;
  readonly jobQueue: JobQueue;
}

/** The shape of a service's entry module. */
export interface ServiceModule {
  start(context: ServiceContext): Promise<void>;
}

/** What a service tells its supervisor once `start` has resolved. */
export const READY_MESSAGE = 'ready';
