import { agentMessage, ndjson } from '@fleetbeat/contracts/testing.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import { createPostgresEventLog } from '@fleetbeat/infra/event-log/postgres.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { createPostgresStore } from '@fleetbeat/infra/time-series/postgres.ts';
import { expect, it } from 'vitest';
import { AgentReduction } from '../agent-reduction.ts';
import { createCutStore } from './cut-store.ts';
import { runProcessor } from './run-processor.ts';
import { SourceProcessor } from './source-processor.ts';

const WAIT = { timeout: 20_000, interval: 50 };
/** Cuts end where the clock comes to a multiple of `longest`: a minute would end within some runs of the test. */
const NEVER = Infinity;

it('goes on behind a cut that a sleeper has made of the same records, before its own is refused', async () => {
  const fresh = await freshDatabase();
  const logger = createLogger('run-processor-test', 'silent');
  const eventLog = createPostgresEventLog(fresh.database, logger);
  await eventLog.createTopics();
  const store = createPostgresStore(fresh.database);
  const open = (owner: string, partition: number) => {
    const cuts = createCutStore(fresh.database, store, owner);
    return SourceProcessor.open('agent-events', partition, {
      cuts,
      reduce: () => new AgentReduction(true),
      now: Date.now,
      // Nobody ends a cut within this test without being told to.
      times: { longest: NEVER, idle: NEVER, ticksOnly: NEVER },
      horizon: 1_000,
      onReplayDiffers: () => undefined,
    });
  };
  const value = ndjson([agentMessage({ agent_id: 'a', id: 'one' })]);
  const cuts = createCutStore(fresh.database, store, 'awake');
  const processor = await runProcessor({ cuts, eventLog, logger, open: (_, partition) => open('awake', partition) });
  const awake = () => [...processor.sources()].find(({ topic, partition }) => topic === 'agent-events' && partition === 0);
  const asleep = await open('asleep', 0);
  try {
    await eventLog.append([{ topic: 'agent-events', partition: 0, key: null, value, count: 1 }]);
    await expect.poll(() => awake()?.position, WAIT).toBe(1);
    expect(awake()?.openCuts.map(({ seq }) => seq)).toEqual([0]);

    const record: LogRecord = { offset: 0, appendedAt: Date.now(), key: null, value, count: 1, tick: false };
    await asleep.records([record]);
    await asleep.flush();
    await expect.poll(() => awake()?.openCuts.map(({ seq, firstOffset }) => [seq, firstOffset]), WAIT).toEqual([[1, 1]]);
  } finally {
    await processor.stop();
    await eventLog.close();
    await fresh.drop();
  }
});
