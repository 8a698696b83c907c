import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { startRedis } from '../../native/redis.ts';
import type { Database } from '../database/database.ts';
import { createLogger } from '../logger.ts';
import { redisUrl } from '../testing/servers.ts';
import { openJobQueue } from './open.ts';

/** A server of its own, because it is killed. */
it.skipIf(redisUrl() === null)('says once that Redis is away and once that it is back, whatever waits for it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'job-queue-redis-'));
  let redis = await startRedis({ dataDir });
  const lines: { level: string; msg: string; err?: unknown }[] = [];
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(JSON.parse(line) as never) });
  // The database is not touched by this adapter.
  const jobs = openJobQueue({ redisUrl: redis.url, databaseUrl: undefined }, undefined as unknown as Database, logger);
  try {
    const done: string[] = [];
    await jobs.work('retention', async ({ payload }) => void done.push(payload.task));
    await jobs.work('reports', async () => undefined);
    await jobs.add('retention', { task: 'watches' });
    await vi.waitFor(() => expect(done).toHaveLength(1), { timeout: 10_000 });
    await redis.kill();
    await vi.waitFor(() => expect(lines).not.toEqual([]), { timeout: 10_000 });
    // Long enough for many tries of every connection.
    await expect(jobs.ping()).rejects.toThrow();
    redis = await startRedis({ dataDir, port: redis.port });
    await vi.waitFor(() => expect(lines).toHaveLength(2), { timeout: 30_000, interval: 50 });
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'the job queue has trouble', reason: expect.stringContaining('ECONNREFUSED') as string },
      { level: 'info', msg: 'no longer: the job queue has trouble' },
    ]);
    expect(lines.filter(({ err }) => err !== undefined)).toEqual([]);
    await jobs.add('retention', { task: 'watches' });
    await vi.waitFor(() => expect(done).toHaveLength(2), { timeout: 30_000 });
  } finally {
    await jobs.close();
    await redis.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
