import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { AttemptLost, beginAttempt, fail, putBack, type Attempt } from './recompute/attempt.ts';
import { ROLLUPS } from './recompute/rollups.ts';
import { isFinal, runRecompute } from './recompute/run-recompute.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Runs the recomputes that were asked for over the API, one at a time. The job looks into their table: what is asked for
 * and the request are one transaction, and what a killed process has left is taken up again.
 */
export async function workRecomputes(context: ServiceContext): Promise<void> {
  const { database, logger, lifecycle, jobQueue } = context;
  const stop = new AbortController();
  await jobQueue.schedule('recomputes', 'take-up', LOOK_EVERY_MS, {});
  const worker = await jobQueue.work('recomputes', async () => {
    const attempt = stop.signal.aborted ? null : await beginAttempt(database);
    if (attempt === null) return;
    logger.info({ recompute: attempt.id, ...attempt.range }, 'recomputing');
    await runRecompute({ ...context, reduce: ROLLUPS }, attempt, stop.signal).then(
      () => logger.info({ recompute: attempt.id }, 'recomputed'),
      (error: unknown) => settle(attempt, error),
    );
  });
  lifecycle.onStop('recomputes', async () => {
    stop.abort(new Error('the service stops'));
    await worker.close();
  });

  async function settle(attempt: Attempt, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof AttemptLost) logger.info({ recompute: attempt.id }, reason);
    else if (isFinal(error)) {
      logger.error({ recompute: attempt.id, err: error }, 'a recompute has failed');
      await fail(database, attempt, reason);
    } else {
      logger.warn({ recompute: attempt.id, err: error }, 'a recompute is begun again');
      await putBack(database, attempt, reason);
    }
  }
}
