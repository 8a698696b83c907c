import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Channel } from '@fleetbeat/contracts/channels.ts';
import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import type { Incident, IncidentDetail, TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { agentMessage } from '@fleetbeat/contracts/testing.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { freshDatabase } from '@fleetbeat/infra/testing/servers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendEvents } from './send-events.ts';
import { hasCluster, startCluster } from './start-cluster.ts';
import { startSystem, type RunningSystem } from './start-system.ts';

interface Deployment {
  env: Readonly<Record<string, string>>;
  database: Database;
  stop(): Promise<void>;
}

async function startStandalone(): Promise<Deployment> {
  const { url, database, drop } = await freshDatabase();
  return { env: { DATABASE_URL: url }, database, stop: drop };
}

const AGENT = 'pager-1';
const within = { timeout: 40_000, interval: 100 };

describe.each([
  ['standalone', startStandalone, true],
  ['on the cluster', () => startCluster(12), hasCluster()],
] as const)('an incident %s', (_name, start, available) => {
  describe.skipIf(!available)(available ? 'pages people' : 'is SKIPPED: Kafka, InfluxDB or Redis is missing', () => {
    let deployment: Deployment;
    let system: RunningSystem;
    /** What came in, in order: the receiver's path and the notice. */
    const received: { path: string; key: string; notice: Notice }[] = [];
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { notice } = JSON.parse(Buffer.concat(chunks).toString()) as { notice: Notice };
        received.push({ path: request.url ?? '', key: String(request.headers['idempotency-key']), notice });
        response.end();
      });
    });

    beforeAll(async () => {
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
      deployment = await start();
      system = await startSystem({ ...deployment.env, NOTIFY_ALLOW_PRIVATE: '127.0.0.0/8' });
    });
    afterAll(async () => {
      await system?.stop();
      await deployment?.stop();
      receiver.close();
    });

    async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
      const response = await fetch(`${system.api}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${system.key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(response.ok, await response.clone().text()).toBe(true);
      return (await response.json()) as T;
    }
    const channel = (name: string, owner: string | null) =>
      send<Channel>('POST', '/channels', {
        type: 'webhook',
        name,
        owner,
        config: { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${name}` },
      });
    const say = async (...messages: readonly Parameters<typeof agentMessage>[0][]): Promise<void> => {
      await sendEvents(
        system,
        messages.map((message) => agentMessage({ agent_id: AGENT, labels: { team: 'search' }, ...message })),
      );
    };
    const speak = (): Promise<void> => say({});
    const told = (): string[] => received.map(({ path, notice }) => `${path} ${notice.kind}`);

    it('from silence to page, escalation, acknowledgement and the end', async () => {
      await deployment.database.query(`insert into users (id, name, email) values ('ann', 'Ann', 'ann@example.org')`);
      await channel('ann', 'ann');
      const boss = await channel('boss', null);
      const schedule = await send<{ id: string; warnings: string[] }>('POST', '/schedules', {
        name: 'Primary',
        time_zone: 'Europe/Berlin',
        layers: [{ name: 'Always', users: ['ann'], starts_on: '2026-01-01', turn: { unit: 'weeks', count: 1 } }],
      });
      expect(schedule.warnings).toEqual([]);
      const escalation = await send<{ id: string }>('POST', '/escalations', {
        name: 'Wake',
        steps: [
          { after_s: 0, targets: [{ type: 'schedule', id: schedule.id }] },
          { after_s: 1, targets: [{ type: 'channel', id: boss.id }] },
          // Nobody gets there.
          { after_s: 3_600, targets: [{ type: 'channel', id: boss.id }] },
        ],
      });
      await send('POST', '/routes', {
        name: 'Search',
        matchers: [
          { label: 'team', value: 'search' },
          { label: 'alertname', value: 'Search is silent' },
        ],
        group_wait_s: 0,
        group_interval_s: 1,
        escalation_id: escalation.id,
      });
      await send('POST', '/rules', {
        kind: 'liveness',
        name: 'Search is silent',
        watch: { set: 'agent', keys: [AGENT] },
        silent_s: 5,
      });
      await speak();

      // Then it says nothing any more.
      await expect.poll(told, within).toEqual(['/ann firing', '/boss escalated']);
      const [page] = received;
      expect(page?.notice).toMatchObject({ severity: 'error', title: `Search is silent: ${AGENT}`, alerts: [{ key: AGENT }] });

      const { items } = await system.get<List<Incident>>(`/incidents?agent_id=${AGENT}&status=open`);
      const incident = items.find(({ title }) => title.startsWith('Search is silent'));
      expect(incident).toMatchObject({ id: page?.notice.incident_id, agents: [AGENT], alerts_firing: 1 });
      const path = `/incidents/${incident?.id}`;
      expect(await send<IncidentDetail>('POST', `${path}/acknowledge`)).toMatchObject({ status: 'acknowledged' });

      const since = (count: number) => () => told().slice(count).sort();
      await expect.poll(since(2), within).toEqual(['/ann acknowledged', '/boss acknowledged']);

      await speak();
      await expect.poll(async () => (await system.get<Incident>(path)).status, within).toBe('resolved');
      await expect.poll(since(4), within).toEqual(['/ann resolved', '/boss resolved']);
      expect(new Set(received.map(({ notice }) => notice.dedup_key)).size).toBe(1);
      expect(new Set(received.map(({ key }) => key)).size).toBe(received.length);

      const states = async (): Promise<string[]> => {
        const { items: entries } = await system.get<List<TimelineEntry>>(`${path}/timeline`);
        return entries.flatMap(({ deliveries }) => deliveries.map(({ state }) => state));
      };
      await expect.poll(states, within).toEqual(Array.from({ length: 6 }, () => 'delivered'));
      const { items: timeline } = await system.get<List<TimelineEntry>>(`${path}/timeline`);
      expect(timeline.map(({ kind }) => kind)).toEqual([
        'opened',
        'alert_fired',
        'told',
        'escalated',
        'escalated',
        'acknowledged',
        'told',
        'alert_resolved',
        'resolved',
        'told',
      ]);
    });

    it('from a burst of errors to page and the end', async () => {
      const pager = await channel('pager', null);
      const escalation = await send<{ id: string }>('POST', '/escalations', {
        name: 'Page',
        steps: [{ after_s: 0, targets: [{ type: 'channel', id: pager.id }] }],
      });
      await send('POST', '/routes', {
        name: 'Errors',
        matchers: [{ label: 'alertname', value: 'Search fails' }],
        group_wait_s: 0,
        group_interval_s: 1,
        escalation_id: escalation.id,
      });
      await send('POST', '/rules', {
        kind: 'threshold',
        name: 'Search fails',
        watch: { set: 'agent', keys: ['failing-1'] },
        measure: 'error_rate',
        window: '1m',
        min_messages: 10,
        error: { threshold: 0.5 },
      });
      // The silent one calls others meanwhile.
      const pages = (): string[] => told().filter((telling) => telling.startsWith('/pager'));
      await say(...Array.from({ length: 20 }, () => ({ agent_id: 'failing-1', message_type: 'error' as const })));
      await expect.poll(pages, within).toEqual(['/pager firing']);
      const page = received.find(({ path }) => path === '/pager');
      expect(page?.notice).toMatchObject({ severity: 'error', alerts: [{ key: 'failing-1' }] });

      // It works again: soon most of what it has said is no error.
      await say(...Array.from({ length: 60 }, () => ({ agent_id: 'failing-1' })));
      await expect.poll(pages, within).toEqual(['/pager firing', '/pager resolved']);
      const { items } = await system.get<List<Incident>>('/incidents?agent_id=failing-1');
      expect(items.map(({ status, alerts_firing }) => ({ status, alerts_firing }))).toContainEqual({
        status: 'resolved',
        alerts_firing: 0,
      });
    });
  });
});
