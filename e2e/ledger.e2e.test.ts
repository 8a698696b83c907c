import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent, AgentLedger, DeadLetter, List, Pipeline, ReplayedLetter } from '@fleetbeat/contracts/api.ts';
import { agentMessage, ndjson } from '@fleetbeat/contracts/testing.ts';
import { loadConfig } from '@fleetbeat/infra/config.ts';
import type { EventLog } from '@fleetbeat/infra/event-log/event-log.ts';
import { partitionOf } from '@fleetbeat/infra/event-log/murmur2.ts';
import { openEventLog } from '@fleetbeat/infra/event-log/open.ts';
import { createLogger } from '@fleetbeat/infra/logger.ts';
import { freshDatabase, type FreshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSystem, type RunningSystem } from './start-system.ts';

describe('the ledger of a running system', () => {
  let fresh: FreshDatabase;
  let system: RunningSystem;
  let log: EventLog;

  beforeAll(async () => {
    fresh = await freshDatabase();
    system = await startSystem({ DATABASE_URL: fresh.url });
    log = openEventLog(loadConfig({ DATABASE_URL: fresh.url }), fresh.database, createLogger('e2e', 'warn'));
  });
  afterAll(async () => {
    await log?.close();
    await system?.stop();
    await fresh?.drop();
  });

  /** As an agent with a Kafka client does: nobody has looked at the event. */
  async function publish(key: string, value: Uint8Array): Promise<void> {
    const partition = partitionOf(key, await log.partitionCount('agent-events'));
    await log.append([{ topic: 'agent-events', partition, key, value, count: 1, requestId: `published-${key}` }]);
  }

  async function replay(id: string, body: object, query = ''): Promise<{ status: number; answer: ReplayedLetter }> {
    const response = await fetch(`${system.api}/api/v1/dead-letters/${id}/replay${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as ReplayedLetter };
  }

  const pipeline = (): Promise<Pipeline> => system.get<Pipeline>('/pipeline');
  const within = { timeout: 60_000, interval: 250 };

  it('counts a dead letter that was put right once, however often it is replayed', async () => {
    await publish('a', ndjson([agentMessage({ agent_id: 'a' })]));
    await publish('a', Buffer.from('{"agent_id": "a", "message_type": "telegram", "output_tokens": 7}'));
    await expect.poll(async () => (await pipeline()).dead_lettered, within).toBe(1);
    const [letter] = (await system.get<List<DeadLetter>>('/dead-letters')).items;
    const id = letter?.id ?? '';
    expect(letter).toMatchObject({ code: 'not_valid', replayed_at: null, request_id: 'published-a' });
    // Said once the cut is stored.
    const said = () =>
      readFileSync(join(system.dataDir, 'system.log'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('published-a'));
    await expect
      .poll(said, within)
      .toEqual([expect.stringMatching(/"level":"warn".*"request_ids":\["published-a"\].*dead letters/)]);
    expect((await replay(id, {})).status).toBe(422);

    const event = { agent_id: 'a', message_type: 'agent_response', output_tokens: 7 };
    const { status, answer } = await replay(id, { event });
    expect([status, answer.event_id]).toEqual([200, `dead-letter-${id}`]);
    expect((await replay(id, { event })).status).toBe(409);
    expect((await replay(id, { event }, '?again=true')).status).toBe(200);

    // The installation samples its own host meanwhile.
    const counts = async (): Promise<unknown> => {
      const sources = (await pipeline()).sources.filter(({ topic }) => topic === 'agent-events');
      const sum = (of: (source: (typeof sources)[number]) => number): number => sources.reduce((all, each) => all + of(each), 0);
      return [sum((each) => each.aggregated), sum((each) => each.duplicate), sum((each) => each.dead_lettered)];
    };
    await expect.poll(counts, within).toEqual([2, 1, 1]);
    expect(await system.get<Agent>('/agents/a')).toMatchObject({ total_messages: 2, total_responses: 2 });
    expect(await system.get<AgentLedger>('/agents/a/ledger')).toMatchObject({
      registered_messages: 2,
      aggregated_messages: 2,
      raw_events: 2,
      differences: 0,
    });
  });

  it('says that everything was compared, and where a store was tampered with until it is repaired', async () => {
    const newest = Date.now();
    const through = async (): Promise<number> => (await pipeline()).reconciled_through ?? 0;
    await publish('a', ndjson([agentMessage({ agent_id: 'a' })]));
    await expect.poll(through, { timeout: 120_000, interval: 1_000 }).toBeGreaterThan(newest - 70_000);
    expect((await pipeline()).differences).toEqual({ open: 0, items: [] });

    const where = `tier_s = 60 and set_name = 'fleet' and key = 'all'`;
    const differences = async (): Promise<unknown> => (await pipeline()).differences.items.map(({ kind }) => kind);
    await fresh.database.query(`update event_partials set messages = messages + 1000 where ${where}`);
    await expect.poll(differences, { timeout: 120_000, interval: 1_000 }).toEqual(['hour_total']);
    const metrics = await (await fetch(`${system.api}/metrics`)).text();
    expect(metrics).toMatch(/^fleetbeat_ledger_differences\{.*\} 1$/m);
    await fresh.database.query(`update event_partials set messages = messages - 1000 where ${where} and messages >= 1000`);
    await expect.poll(differences, { timeout: 120_000, interval: 1_000 }).toEqual([]);
  });
});
