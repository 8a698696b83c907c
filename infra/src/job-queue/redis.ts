import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { BullBackend } from './bullmq.ts';

/**
 * BullMQ on Redis. Adding fails after a few tries while Redis is away; workers wait for it. Redis must run
 * with `maxmemory-policy noeviction` and its append-only file, or it may forget jobs.
 */
export function openRedisBackend(url: string, prefix: string): BullBackend {
  const adding = new Redis(url, { maxRetriesPerRequest: 3, lazyConnect: true, connectTimeout: 5_000 });
  // A worker blocks on its connection and must never give up on it.
  const working = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true });
  // Queues and workers tell of it; without a listener ioredis would.
  for (const connection of [adding, working]) connection.on('error', () => undefined);

  return {
    engine: 'redis',
    openQueue: (name) => new Queue(name, { connection: adding, prefix }),
    openWorker: (name, processor, options) =>
      new Worker(name, processor, { ...options, connection: working, prefix, autorun: false }),
    // It connects when it is used, and again when that has failed.
    ready: () => Promise.resolve(),
    async ping() {
      await adding.ping();
    },
    async close() {
      for (const connection of [adding, working]) connection.disconnect();
    },
  };
}

/** What is wrong with the way a Redis server is run, as sentences; empty where nothing is. */
export async function inspectRedis(url: string): Promise<string[]> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, lazyConnect: true, connectTimeout: 5_000, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const info = await redis.info();
    const complaints: string[] = [];
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      complaints.push(`Redis runs with maxmemory-policy ${policy} and may forget jobs: set it to noeviction`);
    }
    if (/aof_enabled:0/.test(info))
      complaints.push('Redis runs without its append-only file and may forget jobs: set appendonly yes');
    return complaints;
  } finally {
    redis.disconnect();
  }
}
