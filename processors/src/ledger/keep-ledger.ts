import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { every } from '../engine/every.ts';
import { reconcile } from './reconcile.ts';

const EVERY_MS = 15_000;
/** Findings that one line of the log tells. */
const TOLD_AT_ONCE = 10;

/** Reconciles the ledger again and again; of all processors one at a time does. What differs is an error in the log. */
export function keepLedger({
  config,
  logger,
  database,
  timeSeries,
  metrics,
}: Pick<ServiceContext, 'config' | 'logger' | 'database' | 'timeSeries' | 'metrics'>): { stop(): Promise<void> } {
  const keeping = config.retention;
  return every(
    EVERY_MS,
    async () => {
      const result = await metrics.timed('reconcile', () => reconcile({ database, store: timeSeries, keeping, now: Date.now }));
      if (result === null) return;
      const { opened, resolved } = result;
      if (opened.length > 0) {
        logger.error({ differences: opened.length, first: opened.slice(0, TOLD_AT_ONCE) }, 'the ledger differs from the stores');
      }
      if (resolved > 0) logger.info({ differences: resolved }, 'differences of the ledger are resolved');
    },
    logger,
    'the ledger was not reconciled',
  );
}
