import type { Config } from '../config.ts';
import { enginesInUse } from '../engines.ts';

const ENGINE_NAMES = {
  kafka: 'Kafka',
  postgres: 'Postgres',
  influxdb: 'InfluxDB',
  redis: 'Redis',
  'embedded-postgres': 'Postgres, embedded',
} as const;

/** What somebody who has just started Fleetbeat wants to know. */
export function banner(config: Config, loginLink: string): string {
  const engines = enginesInUse(config);
  return `
  Fleetbeat runs.

  Dashboard  ${config.publicUrl}
  Events to  ${config.ingestUrl}/v1/events
  Data in    ${config.dataDir}
  Engines    database: ${ENGINE_NAMES[engines.database]} · event log: ${ENGINE_NAMES[engines.event_log]} · time series: ${ENGINE_NAMES[engines.time_series]} · jobs: ${ENGINE_NAMES[engines.job_queue]}

  Sign in (works once, within 15 minutes; npm run login-link makes another):
  ${loginLink}

`;
}
