import type { QueueName } from '@fleetbeat/contracts/jobs.ts';
import { inRequest } from '../request-id.ts';
import type { ServiceContext } from '../service-context.ts';

const LOOK_EVERY_MS = 5_000;

/** One try at what a row of a table asks for. */
interface Attempt {
  readonly id: number;
  /** The request that asked for it; null: none. */
  readonly requestId: string | null;
}

/** Long work that is asked for by a row of its table. */
export interface TableWork<A extends Attempt> {
  readonly queue: Extract<QueueName, 'recomputes' | 'erasures'>;
  /** What one of them is called. */
  readonly name: string;
  /** Begins an attempt at one that nobody is at; null where there is none. */
  begin(): Promise<A | null>;
  run(attempt: A, signal: AbortSignal): Promise<void>;
  /** What a failure means: `lost`, another process has it or it was cancelled; `final`, no further attempt can mend it. */
  judge(error: unknown): 'lost' | 'final' | 'again';
  fail(attempt: A, reason: string): Promise<void>;
  /** Has it begun again later, by whoever asks first. */
  putBack(attempt: A, reason: string): Promise<void>;
}

/**
 * Does what was asked for, one at a time. The job looks into the table: what is asked for and the request are one
 * transaction, and what a killed process has left is taken up again.
 */
export async function takeUp<A extends Attempt>(
  { jobQueue, lifecycle, logger }: Pick<ServiceContext, 'jobQueue' | 'lifecycle' | 'logger'>,
  work: TableWork<A>,
): Promise<void> {
  const { queue, name } = work;
  const stop = new AbortController();
  await jobQueue.schedule(queue, 'take-up', LOOK_EVERY_MS, {});
  const worker = await jobQueue.work(queue, async () => {
    const attempt = stop.signal.aborted ? null : await work.begin();
    if (attempt !== null) await inRequest(attempt.requestId, () => tryOnce(attempt));
  });
  lifecycle.onStop(queue, async () => {
    stop.abort(new Error('the service stops'));
    await worker.close();
  });

  async function tryOnce(attempt: A): Promise<void> {
    logger.info({ [name]: attempt.id }, `the ${name} begins`);
    try {
      await work.run(attempt, stop.signal);
      logger.info({ [name]: attempt.id }, `the ${name} is done`);
    } catch (error) {
      await settle(attempt, error);
    }
  }

  async function settle(attempt: A, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const verdict = work.judge(error);
    switch (verdict) {
      case 'lost':
        logger.info({ [name]: attempt.id }, reason);
        return;
      case 'final':
        logger.error({ [name]: attempt.id, err: error }, `the ${name} has failed`);
        return work.fail(attempt, reason);
      case 'again':
        logger.warn({ [name]: attempt.id, err: error }, `the ${name} is begun again`);
        return work.putBack(attempt, reason);
    }
  }
}
