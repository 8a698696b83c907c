import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { EventLog } from './event-log.ts';
import { createKafkaEventLog } from './kafka.ts';
import { createPostgresEventLog } from './postgres.ts';

/** The event log that is configured: Kafka where there are brokers, else tables in `database`. Connects at first use. */
export function openEventLog(config: Pick<Config, 'kafkaBrokers' | 'retention'>, database: Database, logger: Logger): EventLog {
  return config.kafkaBrokers === undefined
    ? createPostgresEventLog(database, logger)
    : createKafkaEventLog(config.kafkaBrokers, logger, { retentionMs: config.retention.log });
}
