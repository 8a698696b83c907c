import { createPostgresBackend, Queue, Worker } from 'bullmq';
import type { Database } from '../database/database.ts';
import type { BullBackend } from './bullmq.ts';

/**
 * BullMQ on Postgres, in a schema of its own that BullMQ migrates itself. Queues and workers bring their own
 * small pools (a worker also a connection that listens), because BullMQ needs its schema on their search path.
 */
export function openPostgresBackend(url: string, database: Database, schema: string): BullBackend {
  const connection = {
    connectionString: url,
    schema,
    migrate: true,
    max: 2,
    application_name: process.title.slice(0, 60),
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  };
  return {
    engine: 'postgres',
    openQueue: (name) => new Queue(name, { connection }, createPostgresBackend),
    openWorker: (name, processor, options) =>
      new Worker(name, processor, { ...options, connection, autorun: false }, createPostgresBackend),
    ready: (queue) => queue.waitUntilReady(),
    async ping() {
      await database.query('select 1');
    },
    close: () => Promise.resolve(),
  };
}
