import { ruleSchema } from '@fleetbeat/contracts/rules.ts';
import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import { behindMs } from '@fleetbeat/infra/rules/window-timing.ts';
import { freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../infra/native/free-port.ts';
import { sendEvents } from './send-events.ts';
import { startService } from './start-service.ts';

const KEY = 'rules-scale-out-key-0123456789';
const WAIT = { timeout: 60_000, interval: 100 };
const SLOT_MS = 10_000;
/** What happens so long before the end of a window is told so long after it, in milliseconds. */
const UNDER_WAY_MS = 400;
/** Beyond the end of the window and the delay: with what others have open left out, it would be the next cut, 10 s on. */
const SOON_MS = 5_000;
const AGENTS = Array.from({ length: 24 }, (_, index) => `agent-${index}`);
const BURST = ruleSchema.parse({
  kind: 'threshold',
  name: 'Burst',
  watch: { set: 'agent' },
  measure: 'total_errors',
  window: '1m',
  error: { threshold: 10 },
});

const cleanUps: (() => unknown)[] = [];
let database: Awaited<ReturnType<typeof freshDatabase>>['database'];
let ingest: string;
const ports: number[] = [];

/** Two processors, one of which evaluates all rules. */
beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fleetbeat-rules-'));
  cleanUps.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const fresh = await freshDatabase();
  cleanUps.push(fresh.drop);
  ({ database } = fresh);
  ports.push(await freePort(), await freePort());
  const ingestPort = await freePort();
  ingest = `http://127.0.0.1:${ingestPort}`;
  const shared = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATABASE_URL: fresh.url,
    FLEETBEAT_DATA: join(dataDir, 'data'),
    FLEETBEAT_ADMIN_KEY: KEY,
    LOG_LEVEL: 'warn',
  };
  await database.query(`insert into alert_rules (definition, updated_by) values ($1, 'test')`, [BURST]);
  const services = await Promise.all([
    startService('gateway', { ...shared, INGEST_PORT: String(ingestPort) }, join(dataDir, 'gateway.log')),
    ...ports.map((port) =>
      startService('processors', { ...shared, METRICS_PORT: String(port) }, join(dataDir, `processors-${port}.log`)),
    ),
  ]);
  for (const service of services) cleanUps.push(() => service.stop());
});
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

const say = (events: readonly object[]): Promise<void> => sendEvents({ ingest, key: KEY }, events);

it(
  'a breach is told at once, whichever processor reads the agent and though it comes a little late',
  { timeout: 120_000 },
  async () => {
    const partitionsOf = async (port: number): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return [...text.matchAll(/^fleetbeat_source_position\{.*topic="agent-events"/gm)].length;
    };
    await expect.poll(async () => (await Promise.all(ports.map(partitionsOf))).sort(), WAIT).toEqual([2, 2]);

    // All of them go on talking, so that every cut is open when its window ends.
    let talks = true;
    const talk = (async () => {
      while (talks) {
        await say(AGENTS.map((agent) => agentMessage({ agent_id: agent, timestamp: undefined })));
        await pause(100);
      }
    })();
    try {
      await expect
        .poll(
          async () => (await database.query('select from cuts where aggregated > 0 and stored_at is not null')).rowCount,
          WAIT,
        )
        .toBeGreaterThanOrEqual(4);
      const slotEnd = Math.ceil((Date.now() + 2_000) / SLOT_MS) * SLOT_MS;
      await pause(slotEnd + UNDER_WAY_MS - Date.now());
      const error = { message_type: 'error', timestamp: undefined, ts: slotEnd - UNDER_WAY_MS } as const;
      await say(Array.from({ length: 15 }, () => AGENTS.map((agent) => agentMessage({ agent_id: agent, ...error }))).flat());

      const fired = async (): Promise<number[]> => {
        const { rows } = await database.query<{ at: number }>(
          `select a.fired_at as at from alerts a join alert_rules r on r.id = a.rule_id where r.definition ->> 'name' = $1 order by 1`,
          [BURST.name],
        );
        return rows.map(({ at }) => at - slotEnd - (BURST.kind === 'threshold' ? behindMs(BURST) : 0));
      };
      await expect.poll(async () => (await fired()).length, WAIT).toBe(AGENTS.length);
      const late = await fired();
      expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...late)).toBeLessThan(SOON_MS);
    } finally {
      talks = false;
      await talk;
    }
  },
);
