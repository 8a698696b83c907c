import type { AddressInfo } from 'node:net';
import { createKeyVerifier } from '@fleetbeat/infra/access/api-keys.ts';
import { takesEventsWithoutKey } from '@fleetbeat/infra/access/events-without-key.ts';
import { takingJwts } from '@fleetbeat/infra/access/jwt.ts';
import { loadSecret, localOperatorKey } from '@fleetbeat/infra/access/secret.ts';
import { createWrongKeys } from '@fleetbeat/infra/access/wrong-keys.ts';
import { createClientAddress } from '@fleetbeat/infra/net/client-address.ts';
import { watchRedaction } from '@fleetbeat/infra/redaction/watch-redaction.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { createAuthorize } from './access.ts';
import { ByteBudget } from './byte-budget.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { GuardedLog, type WritableLog } from './guarded-log.ts';
import { prepareClosing } from './closing.ts';
import { createTakeEvents } from './ingest-request.ts';
import { createGatewayServer } from './server.ts';

/** Bytes of bodies in flight; beyond it the gateway answers 503. */
const IN_FLIGHT_BYTES = 64 * 2 ** 20;
/** How long requests under way may take to finish at a stop, in milliseconds. */
const FINISH_MS = 8_000;

export interface GatewayContext extends Pick<ServiceContext, 'config' | 'logger' | 'lifecycle' | 'metrics' | 'database'> {
  readonly eventLog: WritableLog;
}

/** Starts the gateway; resolves when it listens and the event log takes events, or is known to be away. */
export async function start(context: GatewayContext): Promise<void> {
  await startGateway(context);
}

/** As `start`; answers the address it listens on, for callers that let the system choose the port. */
export async function startGateway(context: GatewayContext): Promise<{ url: string }> {
  const { config, logger, lifecycle } = context;
  const budget = new ByteBudget(IN_FLIGHT_BYTES);
  const metrics = createGatewayMetrics(context.metrics, () => budget.held);
  const log = new GuardedLog(context.eventLog, logger, metrics);
  const withoutKey = takesEventsWithoutKey(config);
  const secret = await loadSecret(config);
  const keys = createKeyVerifier(context.database, { logger, operatorKey: localOperatorKey(secret) });
  const redaction = await watchRedaction(context.database, secret, logger);
  lifecycle.onStop('redaction', () => redaction.stop());
  const server = createGatewayServer({
    takeEvents: createTakeEvents({
      authorize: createAuthorize(
        takingJwts(keys, config.jwt),
        withoutKey,
        createWrongKeys(),
        createClientAddress(config.trustProxy),
      ),
      budget,
      log,
      metrics,
      redaction,
      now: Date.now,
    }),
    ready: () => log.partitions !== undefined,
    metrics: context.metrics,
    refused: metrics.refused,
    logger,
  });

  const close = prepareClosing(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.ingestPort, config.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  lifecycle.onStop('event log ticks', () => log.stop());
  lifecycle.onStop('gateway', () => close(FINISH_MS));
  const { address, port, family } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  logger.info({ url, withoutKey }, 'gateway listens');
  await log.start();
  return { url };
}
