import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type pg from 'pg';
import { createLogger } from '../logger.ts';
import { currentRequest } from '../request-id.ts';
import { freshDatabase, redisUrl } from '../testing/servers.ts';
import { type JobQueue, PermanentJobFailure } from './job-queue.ts';
import { openJobQueue } from './open.ts';

const logger = createLogger('job-queue-test', 'silent');
const QUEUE = 'retention';
const soon = { timeout: 15_000, interval: 20 };

function contract(open: () => JobQueue): void {
  let jobs: JobQueue;
  beforeEach(() => {
    jobs = open();
  });
  afterEach(() => jobs.close());

  it('hands a job to a worker with its payload', async () => {
    const seen: unknown[] = [];
    await jobs.work(QUEUE, async (job) => {
      seen.push([job.payload, job.attempt, job.last]);
    });
    await jobs.add(QUEUE, { task: 'watches' });
    await vi.waitFor(() => expect(seen).toEqual([[{ task: 'watches' }, 1, false]]), soon);
  });

  it('does a job on behalf of the request that has caused it', async () => {
    const seen: unknown[] = [];
    await jobs.work('deliveries', async () => {
      await Promise.resolve();
      seen.push(currentRequest());
    });
    await jobs.add('deliveries', { delivery: 1, attempts: 0, request_id: 'mine-1' });
    await vi.waitFor(() => expect(seen).toEqual(['mine-1']), soon);
    await jobs.add('deliveries', { delivery: 2, attempts: 0, request_id: null });
    await vi.waitFor(() => expect(seen).toEqual(['mine-1', undefined]), soon);
  });

  it('tries a failed job again after a growing wait, and not after it has succeeded', async () => {
    const at: number[] = [];
    const attempts: number[] = [];
    await jobs.work(QUEUE, async (job) => {
      at.push(Date.now());
      attempts.push(job.attempt);
      if (job.attempt < 3) throw new Error('not yet');
    });
    await jobs.add(QUEUE, { task: 'watches' }, { attempts: 5, backoffMs: 100 });
    await vi.waitFor(() => expect(attempts).toEqual([1, 2, 3]), soon);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(95);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(190);
    expect(await jobs.dead(QUEUE, 10)).toEqual([]);
  });

  it('keeps a job whose tries are used up visible, with the reason', async () => {
    const last: boolean[] = [];
    await jobs.work(QUEUE, async (job) => {
      last.push(job.last);
      throw new Error('the disk is full');
    });
    const id = await jobs.add(QUEUE, { task: 'time-series' }, { attempts: 2, backoffMs: 10 });
    await vi.waitFor(async () => {
      expect(await jobs.dead(QUEUE, 10)).toEqual([
        { id, payload: { task: 'time-series' }, reason: 'the disk is full', attempts: 2 },
      ]);
    }, soon);
    expect(last).toEqual([false, true]);
  });

  it('gives up at once on a permanent failure', async () => {
    let calls = 0;
    await jobs.work(QUEUE, async () => {
      calls += 1;
      throw new PermanentJobFailure('no such channel');
    });
    await jobs.add(QUEUE, { task: 'watches' }, { attempts: 5, backoffMs: 10 });
    await vi.waitFor(async () => expect((await jobs.dead(QUEUE, 10))[0]?.reason).toBe('no such channel'), soon);
    expect(calls).toBe(1);
  });

  it('adds a job once under an id, also after it has run', async () => {
    const seen: string[] = [];
    await jobs.work(QUEUE, async (job) => {
      seen.push(job.id);
    });
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'once' });
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'once' });
    await vi.waitFor(() => expect(seen).toEqual(['once']), soon);
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'once' });
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'after' });
    await vi.waitFor(() => expect(seen).toContain('after'), soon);
    expect(seen).toEqual(['once', 'after']);
  });

  it('runs a job no sooner than its delay', async () => {
    const added = Date.now();
    let ran = 0;
    await jobs.work(QUEUE, async () => {
      ran = Date.now();
    });
    await jobs.add(QUEUE, { task: 'watches' }, { delayMs: 400 });
    await vi.waitFor(() => expect(ran).toBeGreaterThan(0), soon);
    expect(ran - added).toBeGreaterThanOrEqual(395);
  });

  it('repeats a scheduled job once an interval, however many processes schedule it', async () => {
    const at: number[] = [];
    const ids = new Set<string>();
    const other = open();
    const begun = Date.now();
    await other.schedule(QUEUE, 'sweep', 300, { task: 'cut-hashes' });
    await jobs.schedule(QUEUE, 'sweep', 300, { task: 'cut-hashes' });
    await jobs.work(QUEUE, async (job) => {
      expect(job.payload).toEqual({ task: 'cut-hashes' });
      at.push(Date.now());
      ids.add(job.id);
    });
    await vi.waitFor(() => expect(at.length).toBeGreaterThanOrEqual(4), soon);
    await other.close();
    // From the schedule on, not from the first job, which a busy machine may begin late.
    expect((at[3] ?? 0) - begun).toBeGreaterThanOrEqual(895);
    expect(ids.size).toBe(at.length);
  });

  it('goes on with the next job after a handler has thrown', async () => {
    const seen: string[] = [];
    await jobs.work(QUEUE, async (job) => {
      seen.push(job.id);
      if (job.id === 'bad') throw new Error('bad');
    });
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'bad', attempts: 1 });
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'good' });
    await vi.waitFor(() => expect(seen).toEqual(['bad', 'good']), soon);
  });

  it('waits for the job under way when a worker closes', async () => {
    let started = false;
    let ended = false;
    const worker = await jobs.work(QUEUE, async () => {
      started = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
      ended = true;
    });
    await jobs.add(QUEUE, { task: 'watches' });
    await vi.waitFor(() => expect(started).toBe(true), soon);
    await worker.close();
    expect(ended).toBe(true);
  });

  it('answers a ping', async () => {
    await jobs.ping();
  });
}

describe('job queue on Postgres', () => {
  let fresh: { database: pg.Pool; url: string; drop(): Promise<void> };
  let number = 0;
  beforeAll(async () => {
    fresh = await freshDatabase();
  });
  afterAll(() => fresh.drop());
  let namespace = '';
  beforeEach(() => {
    namespace = `jobs_${(number += 1)}`;
  });
  contract(() => openJobQueue({ redisUrl: undefined, databaseUrl: fresh.url }, fresh.database, logger, namespace));
});

describe('job queue on a Postgres that ends its connections', () => {
  it('goes on with the work', async () => {
    const fresh = await freshDatabase();
    const jobs = openJobQueue({ redisUrl: undefined, databaseUrl: fresh.url }, fresh.database, logger);
    const seen: string[] = [];
    await jobs.work(QUEUE, async (job) => {
      seen.push(job.id);
    });
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'before' });
    await vi.waitFor(() => expect(seen).toEqual(['before']), soon);
    await fresh.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await vi.waitFor(() => jobs.add(QUEUE, { task: 'watches' }, { id: 'after' }), soon);
    await vi.waitFor(() => expect(seen).toEqual(['before', 'after']), soon);
    await jobs.close();
    await fresh.drop();
  });
});

describe('job queue on a Postgres that cannot be used at first', () => {
  it('works once it can be, and keeps nobody waiting who has nothing to do with it', async () => {
    const fresh = await freshDatabase();
    const { hostname, port, pathname, username, password } = new URL(fresh.url);
    let away = true;
    // Takes connections and drops them, as a server does that starts or stops: that is no refusal.
    const gate = createServer((client) => {
      if (away) return client.destroy();
      const server = connect(Number(port), hostname);
      client.pipe(server).pipe(client);
      for (const [one, other] of [[client, server] as const, [server, client] as const]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    }).listen(0, '127.0.0.1');
    await once(gate, 'listening');
    const databaseUrl = `postgresql://${username}:${password}@127.0.0.1:${(gate.address() as AddressInfo).port}${pathname}`;
    const jobs = openJobQueue({ redisUrl: undefined, databaseUrl }, fresh.database, logger, 'gated');
    const done: string[] = [];
    const work = () => jobs.work(QUEUE, async ({ id }) => void done.push(id));
    await expect(jobs.add(QUEUE, { task: 'watches' }, { id: 'lost' })).rejects.toThrow();
    await expect(work()).rejects.toThrow();
    // Timers go off: nothing asks again and again without a pause.
    await new Promise((resolve) => setTimeout(resolve, 1));

    away = false;
    await work();
    await jobs.add(QUEUE, { task: 'watches' }, { id: 'first' });
    await vi.waitFor(() => expect(done).toEqual(['first']), soon);
    await jobs.close();
    gate.close();
    await fresh.drop();
  });
});

const redis = redisUrl();
describe.skipIf(redis === null)('job queue on Redis', () => {
  const url = redis ?? '';
  const run = `test-${randomBytes(4).toString('hex')}`;
  let number = 0;
  let namespace = '';
  beforeEach(() => {
    namespace = `${run}-${(number += 1)}`;
  });
  afterAll(async () => {
    const client = new Redis(url);
    const keys = await client.keys(`${run}-*`);
    if (keys.length > 0) await client.del(...keys);
    client.disconnect();
  });
  // The database is not touched by this adapter.
  const database = undefined as unknown as pg.Pool;
  contract(() => openJobQueue({ redisUrl: url, databaseUrl: undefined }, database, logger, namespace));
});

describe('job queue that is away', () => {
  it('fails to add within seconds and does not end the process', async () => {
    const jobs = openJobQueue(
      { redisUrl: 'redis://127.0.0.1:9', databaseUrl: undefined },
      undefined as unknown as pg.Pool,
      logger,
    );
    await expect(jobs.add(QUEUE, { task: 'watches' })).rejects.toThrow();
    await expect(jobs.ping()).rejects.toThrow();
    await jobs.close();
  });
});
