import type { readySchema } from '@fleetbeat/contracts/api.ts';
import type * as z from 'zod';
import type { Config } from './config.ts';
import { inspectRedis } from './job-queue/redis.ts';
import type { Logger } from './logger.ts';
import { reasonOf } from './unreachable.ts';

export type Engines = z.infer<typeof readySchema>['engines'];

/** Which engine is behind each port, as configured. */
export function enginesInUse(config: Pick<Config, 'kafkaBrokers' | 'influx' | 'redisUrl' | 'embeddedDatabase'>): Engines {
  return {
    event_log: config.kafkaBrokers === undefined ? 'postgres' : 'kafka',
    time_series: config.influx === undefined ? 'postgres' : 'influxdb',
    job_queue: config.redisUrl === undefined ? 'postgres' : 'redis',
    database: config.embeddedDatabase ? 'embedded-postgres' : 'postgres',
  };
}

/** How often a missing engine is tried, and how often its absence is told, in milliseconds. */
const TRY_EVERY_MS = 500;
const TELL_EVERY_MS = 5_000;

/**
 * Resolves when `ping` does. A configured engine that is away is waited for, for as long as it takes, and
 * never replaced by another. Rejects when `signal` aborts.
 */
export async function waitForEngine(
  name: string,
  ping: () => Promise<unknown>,
  logger: Logger,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<void> {
  const started = Date.now();
  let told = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      await ping();
      if (told !== 0) logger.info({ engine: name, waited_ms: Date.now() - started }, `${name} is there`);
      return;
    } catch (error) {
      if (Date.now() - told >= TELL_EVERY_MS) {
        told = Date.now();
        logger.warn({ engine: name, reason: reasonOf(error) }, `waiting for ${name}`);
      }
    }
    await pause(TRY_EVERY_MS);
  }
}

/** Says what is wrong with the way the configured Redis is run; it may lose jobs, but works. */
export async function warnAboutRedis(config: Pick<Config, 'redisUrl'>, logger: Logger): Promise<void> {
  if (config.redisUrl === undefined) return;
  try {
    for (const complaint of await inspectRedis(config.redisUrl)) logger.warn(complaint);
  } catch (error) {
    logger.warn({ reason: reasonOf(error) }, 'the settings of Redis cannot be read');
  }
}
