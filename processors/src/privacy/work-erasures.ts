import { DecryptionFailure } from '@fleetbeat/infra/access/encrypt.ts';
import { loadSecret } from '@fleetbeat/infra/access/secret.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { takeUp } from '@fleetbeat/infra/job-queue/take-up.ts';
import { beginErasure, endErasure, ErasureLost, forgetErased, putErasureBack, runErasure } from './run-erasure.ts';

/** Does the erasures that were asked for. */
export async function workErasures(
  context: Pick<ServiceContext, 'config' | 'database' | 'jobQueue' | 'lifecycle' | 'logger'>,
): Promise<void> {
  const { config, database } = context;
  const secret = await loadSecret(config);
  await takeUp(context, {
    queue: 'erasures',
    name: 'erasure',
    begin: async () => {
      await forgetErased(database, Date.now());
      return beginErasure(database);
    },
    run: (attempt, signal) => runErasure(database, secret, attempt, signal),
    judge: (error) => (error instanceof ErasureLost ? 'lost' : error instanceof DecryptionFailure ? 'final' : 'again'),
    fail: (attempt, reason) => endErasure(database, attempt, 'failed', `the user's id cannot be read: ${reason}`),
    putBack: (attempt, reason) => putErasureBack(database, attempt, reason),
  });
}
