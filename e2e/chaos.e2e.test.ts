import { influxServer, kafkaBrokers, redisUrl } from '@fleetbeat/infra/testing/servers.ts';
import { describe, expect, it } from 'vitest';
import { runChaos } from './chaos/run-chaos.ts';
import { describeFault, planFaults } from './chaos/schedule.ts';

/** The short form of `npm run chaos`. The seeds are picked for what they inflict first; the titles tell. */
describe.each([
  ['standalone', 4, 465, true],
  ['kafka', 5, 831, kafkaBrokers() !== null && influxServer() !== null && redisUrl() !== null],
] as const)('the pipeline in %s', (deployment, faults, seed, available) => {
  const what = planFaults(deployment, faults, seed).map(describeFault).join('; ');

  it.skipIf(!available)(`accounts for every acknowledged event, once, after ${what}`, { timeout: 600_000 }, async () => {
    const { differences, rows, loads } = await runChaos({
      deployment,
      faults,
      seed,
      secondsBetween: 1,
      rate: 150,
      lateSeconds: 20,
      thorough: false,
      say: (text) => process.stderr.write(`${text}\n`),
    });
    expect(differences).toEqual([]);
    expect(rows).toHaveLength(faults);
    // The load went on all the time and met the faults.
    expect(loads.reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThan(2 * 8_819 + 1_000);
    expect(loads.reduce((sum, { retriedRequests }) => sum + retriedRequests, 0)).toBeGreaterThan(0);
  });
});
