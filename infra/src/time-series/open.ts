import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { createInfluxStore } from './influx.ts';
import { createPostgresStore } from './postgres.ts';
import { withRowVersions } from './row-versions.ts';
import type { TimeSeriesStore } from './time-series.ts';

/** The time-series store that is configured: InfluxDB where INFLUX_URL is set, else tables of the database. */
export function openTimeSeries(config: Pick<Config, 'influx'>, database: Database, logger: Logger): TimeSeriesStore {
  return withRowVersions<TimeSeriesStore>(
    config.influx === undefined ? createPostgresStore(database) : createInfluxStore(config.influx, logger),
    database,
  );
}
