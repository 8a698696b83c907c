import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCluster, startCluster, type RunningCluster } from './start-cluster.ts';
import { startSystem, type RunningSystem } from './start-system.ts';

/** The agents of one run share a key, which may ask more often than one key usually may. */
const ENV = { RATE_LIMIT: '0' };
const standalone = { start: () => Promise.resolve({ env: {}, stop: () => Promise.resolve() }) };
const cluster = { start: () => startCluster(13) };

describe.each([
  ['standalone', standalone, true],
  ['the cluster', cluster, hasCluster()],
] as const)('a fleet whose agents are killed, in %s', (_name, deployment, available) => {
  describe.skipIf(!available)(available ? 'works off the board' : 'is SKIPPED: Kafka, InfluxDB or Redis is missing', () => {
    let system: RunningSystem;
    let servers: Pick<RunningCluster, 'env' | 'stop'>;

    beforeAll(async () => {
      servers = await deployment.start();
      system = await startSystem({ ...servers.env, ...ENV });
    });
    afterAll(async () => {
      await system?.stop();
      await servers?.stop();
    });

    it('and no task is lost or done twice', async () => {
      const { code, output } = await system.simulate('--work --agents 40 --tasks 400 --lease 2 --timeout 90');
      expect(output).toContain('verified: no task lost or done twice');
      expect(code, output).toBe(0);
      // Something must have gone wrong on the way, or nothing was shown.
      expect(output).toMatch(/agents killed [1-9]/);
      expect(output).toMatch(/answers lost [1-9].*sent twice [1-9]/);
    });
  });
});
