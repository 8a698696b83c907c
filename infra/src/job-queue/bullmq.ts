import {
  UnrecoverableError,
  type Job as BullJob,
  type JobSchedulerTemplateOptions,
  type JobsOptions,
  type Processor,
  type WorkerOptions,
} from 'bullmq';
import type { Caused, JobPayloads, QueueName } from '@fleetbeat/contracts/jobs.ts';
import type { Logger } from '../logger.ts';
import { inRequest } from '../request-id.ts';
import { tellFailures } from '../tell-failures.ts';
import { type Job, type JobQueue, type JobWorker, PermanentJobFailure } from './job-queue.ts';

/** What differs between BullMQ's two backends. */
export interface BullBackend {
  readonly engine: JobQueue['engine'];
  openQueue(name: string): BullQueue;
  /** A worker that takes no jobs before it is told to run. */
  openWorker(name: string, processor: Processor, options: Omit<WorkerOptions, 'connection' | 'autorun'>): BullWorker;
  /** Resolves once a new queue can be used; rejects where it never will, because its first connection has failed. */
  ready(queue: BullQueue): Promise<unknown>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The part of BullMQ's classes used here; their own types carry the backend as a parameter. */
export interface BullQueue {
  add(name: string, payload: unknown, options: JobsOptions): Promise<{ id?: string | undefined }>;
  upsertJobScheduler(
    id: string,
    repeat: { every: number },
    template: { name: string; data: unknown; opts: JobSchedulerTemplateOptions },
  ): Promise<unknown>;
  getFailed(start: number, end: number): Promise<DeadBullJob[]>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}
type DeadBullJob = Pick<BullJob, 'id' | 'data' | 'failedReason' | 'attemptsMade'>;

export interface BullWorker {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: FailedBullJob | undefined, error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  /** Takes jobs until it is closed. */
  run(): Promise<void>;
  close(): Promise<void>;
}
type FailedBullJob = Pick<BullJob, 'id' | 'data' | 'opts' | 'attemptsMade'>;

const DEFAULT_ATTEMPTS = 5;
const DEFAULT_BACKOFF_MS = 1_000;
/** Finished jobs are kept so that their ids are still known, dead ones so that somebody can look. */
const KEEP_COMPLETED = { age: 3_600, count: 1_000 };
const KEEP_DEAD = { age: 30 * 86_400, count: 1_000 };
/** How often a job may be lost with its process before it counts as dead. */
const MAX_STALLED = 3;
/** A worker that was refused a connection tries again after so long, in milliseconds, and cannot be closed before. */
const RETRY_CONNECTION_MS = 500;

/** After so long without an error, in milliseconds, a queue that answers is in order again. */
const QUIET_MS = 3_000;

/** The job queue over BullMQ, whichever backend it has. */
export function createBullJobQueue(backend: BullBackend, logger: Logger): JobQueue {
  const queues = new Map<QueueName, Promise<BullQueue>>();
  const opened = new Set<BullQueue>();
  const workers = new Set<BullWorker>();
  const telling = tellFailures(logger, 'the job queue has trouble', { engine: backend.engine });
  let lastTrouble = 0;
  let watching: NodeJS.Timeout | undefined;

  /** Every connection of every queue and worker says by itself, again and again, that its server is away; that it is back says none. */
  function hasTrouble(error: Error, name: QueueName): void {
    lastTrouble = performance.now();
    telling.failed(error, { queue: name });
    watching ??= setTimeout(watch, QUIET_MS).unref();
  }

  function watch(): void {
    void backend
      .ping()
      .then(
        () => performance.now() - lastTrouble >= QUIET_MS,
        () => false,
      )
      .then((isOver) => {
        if (isOver) telling.worked();
        if (watching !== undefined) watching = isOver ? undefined : setTimeout(watch, 1_000).unref();
      });
  }

  function queueOf(name: QueueName): Promise<BullQueue> {
    let opening = queues.get(name);
    if (opening === undefined) {
      opening = openQueue(name);
      queues.set(name, opening);
      opening.catch(() => queues.delete(name));
    }
    return opening;
  }

  async function openQueue(name: QueueName): Promise<BullQueue> {
    const queue = backend.openQueue(name);
    // Without a listener an error event would end the process.
    queue.on('error', (error) => hasTrouble(error, name));
    await addReady(opened, queue, () => backend.ready(queue));
    return queue;
  }

  /**
   * What could not connect at first is closed: BullMQ on Postgres answers everything with that failure from then on, and a worker
   * that runs would ask at once again, for ever.
   */
  async function addReady<T extends BullQueue | BullWorker>(all: Set<T>, one: T, ready: () => Promise<unknown>): Promise<void> {
    all.add(one);
    try {
      await ready();
    } catch (error) {
      all.delete(one);
      await one.close().catch(() => undefined);
      throw error;
    }
  }

  return {
    engine: backend.engine,

    async add(name, payload, options = {}) {
      const queue = await queueOf(name);
      const job = await queue.add(name, payload, {
        ...jobOptions(options),
        ...(options.id === undefined ? {} : { jobId: options.id }),
        ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
      });
      return job.id ?? '';
    },

    async schedule(name, scheduleName, everyMs, payload) {
      const queue = await queueOf(name);
      await queue.upsertJobScheduler(
        scheduleName,
        { every: everyMs },
        { name, data: payload, opts: jobOptions({ attempts: DEFAULT_ATTEMPTS }) },
      );
    },

    async work(name, handler, options = {}) {
      const worker = backend.openWorker(name, (job: BullJob) => runJob<typeof name>(job, handler), {
        concurrency: options.concurrency ?? 1,
        maxStalledCount: MAX_STALLED,
        runRetryDelay: RETRY_CONNECTION_MS,
      });
      worker.on('error', (error) => hasTrouble(error, name));
      worker.on('failed', (job, error) => {
        const dead = job === undefined || job.attemptsMade >= (job.opts.attempts ?? 1) || error instanceof UnrecoverableError;
        logger[dead ? 'error' : 'warn'](
          { err: error, queue: name, job: job?.id, attempt: job?.attemptsMade, request_id: job && requestOf(job) },
          dead ? 'job is dead' : 'job failed',
        );
      });
      await addReady(workers, worker, () => worker.waitUntilReady());
      worker.run().catch((error: unknown) => hasTrouble(error instanceof Error ? error : new Error(String(error)), name));
      return {
        async close() {
          workers.delete(worker);
          await worker.close();
        },
      } satisfies JobWorker;
    },

    async dead(name, limit) {
      const queue = await queueOf(name);
      const jobs = await queue.getFailed(0, limit - 1);
      return jobs.map((job) => ({
        id: job.id ?? '',
        payload: job.data as unknown,
        reason: job.failedReason,
        attempts: job.attemptsMade,
      }));
    },

    ping: () => backend.ping(),

    async close() {
      clearTimeout(watching);
      watching = undefined;
      await Promise.all([...workers].map((worker) => worker.close()));
      await Promise.all([...opened].map((queue) => queue.close()));
      await backend.close();
    },
  };
}

function jobOptions(options: { attempts?: number | undefined; backoffMs?: number | undefined }): JobsOptions {
  return {
    attempts: options.attempts ?? DEFAULT_ATTEMPTS,
    backoff: { type: 'exponential', delay: options.backoffMs ?? DEFAULT_BACKOFF_MS },
    removeOnComplete: KEEP_COMPLETED,
    removeOnFail: KEEP_DEAD,
  };
}

function requestOf({ data }: Pick<BullJob, 'data'>): string | undefined {
  return (data as Caused).request_id ?? undefined;
}

async function runJob<Q extends QueueName>(job: BullJob, handler: (job: Job<Q>) => Promise<void>): Promise<void> {
  const attempts = job.opts.attempts ?? 1;
  try {
    await inRequest(requestOf(job), () =>
      handler({
        id: job.id ?? '',
        payload: job.data as JobPayloads[Q],
        attempt: job.attemptsMade + 1,
        last: job.attemptsMade + 1 >= attempts,
      }),
    );
  } catch (error) {
    if (error instanceof PermanentJobFailure) throw new UnrecoverableError(error.message);
    throw error;
  }
}
