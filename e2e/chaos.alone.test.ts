import { influxServer, kafkaBrokers, redisUrl } from '@fleetbeat/infra/testing/servers.ts';
import { describe, expect, it } from 'vitest';
import { runChaos } from './chaos/run-chaos.ts';
import { describeFault, planFaults } from './chaos/schedule.ts';

const RECOVERY_MS = 15_000;

/** The short form of `npm run chaos`. The seeds are picked for what they inflict first; the titles tell. */
describe.each([
  ['standalone', 4, 465, true],
  ['kafka', 5, 831, kafkaBrokers() !== null && influxServer() !== null && redisUrl() !== null],
] as const)('the pipeline in %s', (deployment, count, seed, available) => {
  const faults = planFaults(deployment, count, seed);
  const what = faults.map(describeFault).join('; ');

  it.skipIf(!available)(`accounts for every acknowledged event, once, after ${what}`, { timeout: 600_000 }, async () => {
    const { differences, rows, loads } = await runChaos({
      deployment,
      faults,
      seed,
      secondsBetween: 1,
      rate: 150,
      lateSeconds: 20,
      thorough: false,
      press: false,
      say: (text) => process.stderr.write(`${text}\n`),
    });
    expect(differences).toEqual([]);
    expect(rows).toHaveLength(count);
    // The load went on all the time and met the faults.
    expect(loads.reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThan(2 * 8_819 + 1_000);
    expect(loads.reduce((sum, { retriedRequests }) => sum + retriedRequests, 0)).toBeGreaterThan(0);
    // On an idle machine: 5 s, and the replay of a cut. Others may be busy here.
    const kills = rows.filter(({ fault }) => fault.kind === 'kill' && fault.target === 'processors');
    for (const { shown } of kills) {
      process.stderr.write(`${deployment}: on screen again ${(shown / 1_000).toFixed(1)} s after kill -9 of the processor\n`);
    }
    expect(kills.map(({ shown }) => shown).filter((shown) => shown > RECOVERY_MS)).toEqual([]);
    expect(kills.length).toBeGreaterThan(0);
  });
});
