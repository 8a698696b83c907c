import { Counter } from 'prom-client';
import { loadSecret } from '@fleetbeat/infra/access/secret.ts';
import { createTargetRule } from '@fleetbeat/infra/net/target-rule.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { every } from '../../engine/every.ts';
import { claimDue, releaseClaims, type Claim } from './claim-due.ts';
import { createDeliver } from './deliver.ts';
import { createHttpSender, TIMEOUT_MS } from './http-sender.ts';

/** How often due deliveries are looked for, in milliseconds. */
const SWEEP_MS = 500;
/** Deliveries at once in this process; they mostly wait. */
const CONCURRENCY = 16;

/**
 * Delivers what is enqueued. What is due is known by the database alone: the queue carries only what may go now, and a
 * queue that forgets everything costs half a minute, no delivery. Several of these processes share the work.
 */
export async function runDeliveries(context: ServiceContext): Promise<void> {
  const { config, logger, lifecycle, database, jobQueue, metrics } = context;
  const targetRule = createTargetRule(config.notifyAllowPrivate);
  const deliver = createDeliver({
    database,
    secret: await loadSecret(config),
    effects: { http: createHttpSender(targetRule, TIMEOUT_MS), targetRule, timeoutMs: TIMEOUT_MS },
    now: Date.now,
    random: Math.random,
  });
  const attempts = new Counter({
    name: 'fleetbeat_delivery_attempts_total',
    help: 'Attempts to deliver a notice, by type of channel and outcome.',
    labelNames: ['type', 'outcome'] as const,
    registers: [metrics.registry],
  });

  const worker = await jobQueue.work(
    'deliveries',
    async ({ payload }) => {
      const attempted = await deliver(payload);
      if (attempted === null) return;
      const { type, outcome } = attempted;
      attempts.inc({ type, outcome: outcome.kind });
      if (outcome.kind !== 'delivered') {
        const { status, reason } = outcome;
        logger.warn({ delivery: payload.delivery, type, outcome: outcome.kind, status, reason }, 'a delivery failed');
      }
    },
    { concurrency: CONCURRENCY },
  );
  const hand = (claim: Claim) => jobQueue.add('deliveries', { ...claim }, { attempts: 1 });
  const sweep = every(
    SWEEP_MS,
    async () => {
      const claims = await metrics.timed('claim_deliveries', () => claimDue(database, Date.now()));
      const handed = await Promise.allSettled(claims.map(hand));
      const failed = claims.filter((_, index) => handed[index]?.status === 'rejected');
      if (failed.length === 0) return;
      await releaseClaims(database, failed, Date.now());
      throw new Error(`${failed.length} deliveries could not be queued`, {
        cause: handed.find((each) => each.status === 'rejected')?.reason,
      });
    },
    logger,
    'due deliveries were not handed over',
  );
  lifecycle.onStop('deliveries', async () => {
    await sweep.stop();
    await worker.close();
  });
}
