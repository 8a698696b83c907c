import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { takeUp } from '@fleetbeat/infra/job-queue/take-up.ts';
import { AttemptLost, beginAttempt, fail, putBack } from './recompute/attempt.ts';
import { ROLLUPS } from './recompute/rollups.ts';
import { isFinal, runRecompute } from './recompute/run-recompute.ts';

/** Runs the recomputes that were asked for over the API. */
export async function workRecomputes(context: ServiceContext): Promise<void> {
  const { database } = context;
  await takeUp(context, {
    queue: 'recomputes',
    name: 'recompute',
    begin: () => beginAttempt(database),
    run: (attempt, signal) => runRecompute({ ...context, reduce: ROLLUPS }, attempt, signal),
    judge: (error) => (error instanceof AttemptLost ? 'lost' : isFinal(error) ? 'final' : 'again'),
    fail: (attempt, reason) => fail(database, attempt, reason),
    putBack: (attempt, reason) => putBack(database, attempt, reason),
  });
}
