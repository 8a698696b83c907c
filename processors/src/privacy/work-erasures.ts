import { DecryptionFailure } from '@fleetbeat/infra/access/encrypt.ts';
import { loadSecret } from '@fleetbeat/infra/access/secret.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import {
  beginErasure,
  endErasure,
  ErasureLost,
  forgetErased,
  putErasureBack,
  runErasure,
  type ErasureAttempt,
} from './run-erasure.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Does the erasures that were asked for, one at a time. The job looks into their table: what is asked for and the request are
 * one transaction, and what a killed process has left is taken up again.
 */
export async function workErasures(
  context: Pick<ServiceContext, 'config' | 'database' | 'jobQueue' | 'lifecycle' | 'logger'>,
): Promise<void> {
  const { config, database, logger, lifecycle, jobQueue } = context;
  const secret = await loadSecret(config);
  const stop = new AbortController();
  await jobQueue.schedule('erasures', 'take-up', LOOK_EVERY_MS, {});
  const worker = await jobQueue.work('erasures', async () => {
    await forgetErased(database, Date.now());
    const attempt = stop.signal.aborted ? null : await beginErasure(database);
    if (attempt === null) return;
    logger.info({ erasure: attempt.id }, 'erasing what is kept of a user');
    await runErasure(database, secret, attempt, stop.signal).then(
      () => logger.info({ erasure: attempt.id }, 'erased what was kept of a user'),
      (error: unknown) => settle(attempt, error),
    );
  });
  lifecycle.onStop('erasures', async () => {
    stop.abort(new Error('the service stops'));
    await worker.close();
  });

  async function settle(attempt: ErasureAttempt, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof ErasureLost) logger.info({ erasure: attempt.id }, reason);
    else if (error instanceof DecryptionFailure) {
      logger.error({ erasure: attempt.id, err: error }, 'an erasure has failed');
      await endErasure(database, attempt, 'failed', `the user's id cannot be read: ${reason}`);
    } else {
      logger.warn({ erasure: attempt.id, err: error }, 'an erasure is begun again');
      await putErasureBack(database, attempt, reason);
    }
  }
}
