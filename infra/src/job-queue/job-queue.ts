import type { JobPayloads, QueueName } from '@fleetbeat/contracts/jobs.ts';

/** The job queue: work that is tried again until it succeeds or its attempts are used up. At least once. */

export interface Job<Q extends QueueName> {
  readonly id: string;
  readonly payload: JobPayloads[Q];
  /** 1 on the first try. */
  readonly attempt: number;
  /** True where a failure now leaves the job dead. */
  readonly last: boolean;
}

export interface JobOptions {
  /** A second job of the queue under an id that is still known is not added. Without `:`. */
  readonly id?: string | undefined;
  /** Milliseconds until the job may run. */
  readonly delayMs?: number | undefined;
  /** Tries in all; 5 unless given. */
  readonly attempts?: number | undefined;
  /** Wait before the second try, doubled before each further one; 1 s unless given. */
  readonly backoffMs?: number | undefined;
}

export interface WorkOptions {
  /** Jobs at once in this process; 1 unless given. */
  readonly concurrency?: number | undefined;
}

/** A job whose attempts are used up. */
export interface DeadJob {
  readonly id: string;
  readonly payload: unknown;
  readonly reason: string;
  readonly attempts: number;
}

export interface JobWorker {
  /** Takes no further job and resolves when those under way have ended. */
  close(): Promise<void>;
}

export interface JobQueue {
  readonly engine: 'redis' | 'postgres';
  /** Resolves with the job's id when the job is stored. */
  add<Q extends QueueName>(queue: Q, payload: JobPayloads[Q], options?: JobOptions): Promise<string>;
  /**
   * Runs a job every `everyMs`, also if many processes ask for it. `name` identifies the schedule: the same name with
   * another interval or payload replaces it.
   */
  schedule<Q extends QueueName>(queue: Q, name: string, everyMs: number, payload: JobPayloads[Q]): Promise<void>;
  /** Handles the queue's jobs. A handler that rejects is called again after the backoff; it must bear being called twice. */
  work<Q extends QueueName>(queue: Q, handler: (job: Job<Q>) => Promise<void>, options?: WorkOptions): Promise<JobWorker>;
  /** The newest jobs that failed for good, kept for 30 days, 1,000 a queue. */
  dead(queue: QueueName, limit: number): Promise<DeadJob[]>;
  /** Rejects where the engine cannot be used. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Thrown by a handler for what no further try can mend: the job is dead at once. */
export class PermanentJobFailure extends Error {
  override readonly name = 'PermanentJobFailure';
}
