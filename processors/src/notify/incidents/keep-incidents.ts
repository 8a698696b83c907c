import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { enqueueDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
import { readIncidents } from '@fleetbeat/infra/incidents/incident-rows.ts';
import { tellLive } from '@fleetbeat/infra/tell-live.ts';
import { every, untilPastSecond } from '../../engine/every.ts';
import { expireIncidents, sweepIncidents } from './sweep-incidents.ts';

/** The outbox and the timers are looked at every second, so many milliseconds after rules were evaluated, which fills the outbox. */
const PAST_SECOND_MS = 300;
const EXPIRE_EVERY_MS = 3_600_000;

/**
 * Makes incidents of alerts and tells people, again and again. Any number of processes may: what is to be done is in rows
 * that each takes for itself. What changes is announced live as well, which nobody waits for.
 */
export function keepIncidents(context: Pick<ServiceContext, 'config' | 'logger' | 'database' | 'eventLog' | 'metrics'>): {
  stop(): Promise<void>;
} {
  const { config, logger, database, eventLog, metrics } = context;
  const sweep = {
    database,
    outgoing: { enqueue: enqueueDelivery, publicUrl: config.publicUrl },
    now: Date.now,
    onFailure: (error: unknown) => logger.error({ err: error }, 'an incident, or alerts on their way into one, are put off'),
  };

  const sweeps = every(
    () => untilPastSecond(PAST_SECOND_MS, Date.now()),
    async () => {
      const changed = await metrics.timed('sweep_incidents', () => sweepIncidents(sweep));
      const incidents = await readIncidents(database, [...changed]);
      tellLive(
        eventLog,
        logger,
        incidents.map((data) => ({ type: 'incident', data })),
      );
    },
    logger,
    'incidents not swept',
  );
  const expire = () => expireIncidents(database, Date.now() - config.retention.incidents);
  const expiry = every(EXPIRE_EVERY_MS, expire, logger, 'old incidents not dropped');
  return {
    async stop() {
      await Promise.all([sweeps.stop(), expiry.stop()]);
    },
  };
}
