import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Gauge } from 'prom-client';
import type { Config } from '@fleetbeat/infra/config.ts';
import type { ServiceContext } from '@fleetbeat/infra/service-context.ts';
import { createIdMaker } from '../uuid-v7.ts';
import { loadHostId } from './host-id.ts';
import { runProbe } from './run-probe.ts';
import { createSampler } from './sample-host.ts';

const SAMPLE_EVERY_MS = 2_000;

/** Starts the host probe, which needs INGEST_URL and perhaps FLEETBEAT_INGEST_KEY, and nothing else of an installation. */
export async function start({
  config,
  logger,
  lifecycle,
  metrics,
}: Pick<ServiceContext, 'config' | 'logger' | 'lifecycle' | 'metrics'>): Promise<void> {
  const hostId = await loadHostId(config.dataDir, logger);
  const probe = runProbe({
    sample: await createSampler(hostId, config.dataDir, createIdMaker(), Date.now),
    ingestUrl: config.ingestUrl,
    key: await findKey(config),
    everyMs: SAMPLE_EVERY_MS,
    logger,
  });
  lifecycle.onStop('host probe', () => probe.stop());
  new Gauge({
    name: 'fleetbeat_probe_waiting_samples',
    help: 'Host samples that wait to be sent.',
    registers: [metrics.registry],
    collect() {
      this.set(probe.waiting);
    },
  });
  logger.info({ hostId, url: config.ingestUrl }, 'host probe samples this host');
}

/** A gateway on this machine also takes the key that the installation leaves in its data folder; no other ever sees that. */
async function findKey(config: Config): Promise<string | undefined> {
  if (config.ingestKey !== undefined) return config.ingestKey;
  const { hostname } = new URL(config.ingestUrl);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return undefined;
  return readFile(join(config.dataDir, 'operator-key'), 'utf8').then(
    (text) => text.trim() || undefined,
    () => undefined,
  );
}
