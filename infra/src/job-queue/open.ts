import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { createBullJobQueue } from './bullmq.ts';
import type { JobQueue } from './job-queue.ts';
import { openPostgresBackend } from './postgres.ts';
import { openRedisBackend } from './redis.ts';

/** The job queue that is configured: Redis where REDIS_URL is set, else the database. Nothing connects before the first call. */
export function openJobQueue(
  config: Pick<Config, 'redisUrl' | 'databaseUrl'>,
  database: Database,
  logger: Logger,
  /** Keeps apart what shares a server: Redis' key prefix or Postgres' schema. */
  namespace?: string,
): JobQueue {
  if (config.redisUrl !== undefined) {
    return createBullJobQueue(openRedisBackend(config.redisUrl, namespace ?? 'fleetbeat'), logger);
  }
  if (config.databaseUrl === undefined) throw new Error('the job queue needs DATABASE_URL or REDIS_URL');
  return createBullJobQueue(openPostgresBackend(config.databaseUrl, database, namespace ?? 'bullmq'), logger);
}
