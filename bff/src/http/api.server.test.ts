import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ruleSchema } from '@fleetbeat/contracts/rules.ts';
import { problemSchema } from '@fleetbeat/contracts/api.ts';
import {
  addAgent,
  addAlert,
  addAuditEntry,
  addBlock,
  addCut,
  addDeadLetter,
  addHost,
  addRule,
  addSource,
  addTask,
  eventRow,
  gaugeRows,
  taskRow,
  writeRows,
} from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { encodeCursor } from './cursor.ts';

const PAGE = `<!doctype html><script>window.here = 1;</script><p>dashboard</p>`;
const NOW = Date.now();

let bff: TestBff;
let dashboard: string;

beforeAll(async () => {
  dashboard = await mkdtemp(join(tmpdir(), 'fleetbeat-pages-'));
  await writeFile(join(dashboard, 'index.html'), PAGE);
  bff = await startTestBff({}, dashboard);
  const { database, timeSeries } = bff;
  const source = await addSource(database, 'agent-events', 0, NOW);
  await addCut(database, source, { seq: 0, firstOffset: 0, endOffset: 3, aggregated: 5, dead: 1, lastAppendMs: NOW });
  await addAgent(database, {
    agent_id: 'agent-1',
    source,
    name: 'One',
    host_id: 'host-1',
    last_seen: NOW,
    total_messages: 4,
    total_errors: 1,
  });
  await addHost(database, 'host-1', source, NOW);
  await addTask(database, 'task-1', NOW);
  const rule = ruleSchema.parse({ kind: 'liveness', name: 'Offline', watch: { set: 'agent' } });
  await addRule(database, 'rule-1', rule);
  await addAlert(database, { ruleId: 'rule-1', key: 'agent-1', at: NOW });
  await database.query(`insert into users (id, name, email) values ('user-1', 'Ada', 'ada@example.com')`);
  await addAuditEntry(database, 'task-1');
  await addDeadLetter(database, source, 2, NOW, Buffer.from('{"half": \xff', 'latin1'));
  await addBlock(database, { source, seq: 0, agentId: 'agent-1' }, [{ ts: NOW, message_type: 'tool_call', content: 'hello' }]);
  const window = Math.floor(NOW / 60_000) * 60_000;
  const place = { window, source, seq: 0 } as const;
  await writeRows(database, timeSeries, [
    ...(['10s', '1m'] as const).flatMap((tier) => [
      eventRow({ ...place, set: 'fleet', key: 'all', tier }, { messages: 4, responses: 3, errors: 1 }, [100, 200, 300]),
      eventRow({ ...place, set: 'agent', key: 'agent-1', tier }, { messages: 4, responses: 3, errors: 1 }, [100, 200, 300]),
      eventRow({ ...place, set: 'model', key: 'model-1', tier }, { messages: 4, responses: 3 }, [100, 200, 300]),
      taskRow(
        { ...place, set: 'tasks', key: 'all', tier },
        { created: 2, completed: 1, failed: 1, timed: 1, duration_ms: 5_000 },
      ),
      taskRow({ ...place, set: 'workflow', key: 'flow-1', tier }, { created: 2, completed: 1, failed: 1 }),
    ]),
    ...gaugeRows('host-1', source, 0, window, 50),
  ]);
});
afterAll(async () => {
  await bff.stop();
  await rm(dashboard, { recursive: true });
});

function concrete(path: string): string {
  const ids = {
    agent_id: 'agent-1',
    host_id: 'host-1',
    task_id: 'task-1',
    rule_id: 'rule-1',
    user_id: 'user-1',
    dead_letter_id: '1-2-0',
  };
  return Object.entries(ids).reduce((filled, [name, id]) => filled.replace(`{${name}}`, id), path);
}

/** What this installation has none of. */
const EMPTY = new Set([
  '/agents/{agent_id}/sessions',
  '/annotations',
  '/chart-marks',
  '/channels',
  '/comments',
  '/dashboards',
  '/deliveries',
  '/escalations',
  '/incidents',
  '/invitations',
  '/movers',
  '/on-call',
  '/recomputes',
  '/erasures',
  '/schedules',
  '/silences',
  '/suggestions',
  '/suggestions/auto-approve',
  '/users/{user_id}/sessions',
  '/workflow-templates',
  '/workflows',
]);
/** What cannot be left out of a question. */
const QUESTIONS: Readonly<Record<string, string>> = {
  '/series': '?set=fleet&measure=total_messages',
  '/status-timeline': '?set=agent&key=agent-1',
};

describe('every route that reads', () => {
  it('answers what its own schema says, and something', async () => {
    // Those about one thing that this installation has none of are held to their schema by the tests of their features.
    const reading = bff.routes.filter(({ method, answer, path, media, status }) => {
      return method === 'get' && answer && media === undefined && status === 200 && !/^\/me\/|\{/.test(concrete(path));
    });
    expect(reading.length).toBeGreaterThan(40);
    for (const route of reading) {
      const response = await bff.get(concrete(route.path) + (QUESTIONS[route.path] ?? ''));
      const body: unknown = await response.json();
      expect([route.path, response.status]).toEqual([route.path, 200]);
      const parsed = route.answer?.safeParse(body);
      expect([route.path, parsed?.error?.issues]).toEqual([route.path, undefined]);
      if (typeof body === 'object' && body !== null && 'items' in body && !EMPTY.has(route.path))
        expect([route.path, body.items]).not.toEqual([route.path, []]);
    }
  });

  it('carries a request id and is never stored', async () => {
    const response = await bff.get('/agents', { 'x-request-id': 'mine-1' });
    expect(response.headers.get('x-request-id')).toBe('mine-1');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const other = await bff.get('/agents', { 'x-request-id': 'not acceptable' });
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traced = await bff.get('/agents', { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    expect(traced.headers.get('x-request-id')).toBe(trace);
  });
});

describe('access', () => {
  it('is given by the scopes read and admin, and by no other way of writing a key', async () => {
    const readKey = await bff.makeKey(['read']);
    const ask = async (authorization: string) => (await fetch(`${bff.url}/api/v1/agents`, { headers: { authorization } })).status;
    expect(await ask(`Bearer ${readKey}`)).toBe(200);
    expect(await ask(`bearer  ${readKey}`)).toBe(200);
    expect(await ask(`Basic ${readKey}`)).toBe(401);
    expect(await ask(readKey)).toBe(401);
    expect(await ask('Bearer ')).toBe(401);
    expect((await fetch(`${bff.url}/api/v1/agents?key=${readKey}`)).status).toBe(401);
  });

  it('is not needed for probes, metrics and pages', async () => {
    for (const path of ['/health', '/ready', '/metrics', '/', '/agents/agent-1', '/sign-in?token=x']) {
      expect([path, (await fetch(bff.url + path)).status]).toEqual([path, 200]);
    }
  });
});

describe('bad input', () => {
  const cases: readonly (readonly [path: string, status: number, code: string])[] = [
    ['/agents?limit=0', 400, 'invalid-query'],
    ['/agents?limit=501', 400, 'invalid-query'],
    ['/agents?limit=1e9', 400, 'invalid-query'],
    ['/agents?limit=ten', 400, 'invalid-query'],
    ['/agents?limit=1&limit=2', 400, 'invalid-query'],
    ['/agents?status=dead', 400, 'invalid-query'],
    ['/agents?q=', 400, 'invalid-query'],
    ['/agents?q=%00', 400, 'invalid-query'],
    [`/agents?q=${'x'.repeat(201)}`, 400, 'invalid-query'],
    ['/agents?label=nonsense', 400, 'invalid-query'],
    ['/agents?sort=agent_id;drop%20table%20agents', 400, 'invalid-query'],
    ['/agents/agent-1?foo=bar', 400, 'invalid-query'],
    ['/agents.csv?stauts=offline', 400, 'invalid-query'],
    ['/agents?cursor=abc', 400, 'bad-cursor'],
    [`/agents?cursor=${encodeCursor([1])}`, 400, 'bad-cursor'],
    [`/agents?cursor=${encodeCursor(['a\u0000b', 'a\u0000b', null])}`, 400, 'invalid-value'],
    [`/agents?cursor=${'x'.repeat(3_000)}`, 400, 'invalid-query'],
    [`/tasks?cursor=${encodeCursor([1])}`, 400, 'bad-cursor'],
    [`/dead-letters?cursor=${encodeCursor([1, 99_999_999, 1, 1])}`, 400, 'invalid-value'],
    [`/events?cursor=${encodeCursor([1, 2, 3])}`, 400, 'bad-cursor'],
    ['/events?message_type=poem', 400, 'invalid-query'],
    ['/events?from=2&to=1', 400, 'invalid-query'],
    ['/fleet/metrics?from=yesterday', 400, 'invalid-query'],
    ['/fleet/metrics?from=2026-02-31T00:00:00Z', 400, 'invalid-query'],
    ['/fleet/metrics?from=NaN', 400, 'invalid-query'],
    ['/fleet/metrics?from=99999999999999999999', 400, 'invalid-query'],
    ['/fleet/metrics?from=2000&to=1000', 400, 'empty-range'],
    ['/fleet/metrics?from=0&step=10s', 400, 'too-many-windows'],
    ['/fleet/metrics?step=7s', 400, 'invalid-query'],
    ['/fleet/metrics?step=0s', 400, 'invalid-query'],
    ['/agents/nobody', 404, 'unknown-agent'],
    ['/agents/nobody/metrics', 404, 'unknown-agent'],
    ['/agents/nobody/events', 404, 'unknown-agent'],
    ['/agents/%00', 400, 'invalid-path'],
    ['/agents/%zz', 400, 'malformed-path'],
    [`/agents/${'x'.repeat(300)}`, 400, 'invalid-path'],
    ['/hosts/nobody/metrics', 404, 'unknown-host'],
    ['/tasks/nobody', 404, 'unknown-task'],
    ['/nothing', 404, 'unknown-path'],
    ['/agents/agent-1/nothing', 404, 'unknown-path'],
    ['/Agents', 404, 'unknown-path'],
  ];

  it.each(cases)('%s is %i %s', async (path, status, code) => {
    const response = await bff.get(path);
    const problem = problemSchema.parse(await response.json());
    expect([response.status, problem.type]).toEqual([status, `urn:fleetbeat:problem:${code}`]);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(problem).toMatchObject({ status, request_id: response.headers.get('x-request-id') });
  });

  it.each(["' or 1=1 --", "'; drop table agents; --", '%', '_', '\\', '%\\%', '$1', '${x}', '"', '\ud800', 'ﷺ'])(
    'a search for %s is a search for just that',
    async (text) => {
      for (const path of ['/agents', '/hosts', '/tasks', '/events', '/agents/agent-1/events']) {
        const response = await bff.get(`${path}?q=${encodeURIComponent(text.toWellFormed())}`);
        expect([path, response.status]).toEqual([path, 200]);
        const { items } = (await response.json()) as { items: unknown[] };
        expect([path, items]).toEqual([path, '"_'.includes(text) && path.endsWith('events') ? [expect.anything()] : []]);
      }
      expect((await bff.get('/agents/agent-1')).status).toBe(200);
    },
  );

  it('in bodies is refused for what it is', async () => {
    const send = async (body: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${bff.url}/api/v1/web-vitals`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json', ...headers },
      });
      const text = await response.text();
      return [response.status, text === '' ? '' : (JSON.parse(text) as { type: string }).type.split(':').at(-1)];
    };
    expect(await send('{"vitals": [{"name": "LCP", "value": 1200}]}')).toEqual([204, '']);
    expect(await send('{"vitals": ')).toEqual([400, 'malformed-json']);
    expect(await send('{"vitals": []}')).toEqual([400, 'invalid-body']);
    expect(await send('{"vitals": [{"name": "LCP", "value": -1}]}')).toEqual([400, 'invalid-body']);
    expect(await send('{"vitals": [{"name": "XXX", "value": 1}]}')).toEqual([400, 'invalid-body']);
    expect(await send(`{"vitals": "${'x'.repeat(70_000)}"}`)).toEqual([413, 'body-too-large']);
    expect(await send('vitals=1', { 'content-type': 'text/plain' })).toEqual([415, 'unsupported-media-type']);
    expect(await send('{}', { 'content-encoding': 'zip' })).toEqual([415, 'unsupported-encoding']);
    expect(await send('{}', { 'content-type': 'application/json; charset=latin1' })).toEqual([415, 'unsupported-charset']);
  });

  it('in the method is refused with those there are', async () => {
    const response = await fetch(`${bff.url}/api/v1/agents`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${bff.key}` },
    });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

describe('pages', () => {
  it('are served for every path that is none of ours, under a policy that allows their own script alone', async () => {
    const response = await fetch(`${bff.url}/agents/agent-1`, { headers: { accept: 'text/html' } });
    expect(await response.text()).toBe(PAGE);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toMatch(/script-src 'self' 'sha256-[A-Za-z0-9+/]{43}='/);
    expect(policy.match(/sha256/g)).toHaveLength(1);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-frame-options')).toBe('DENY');
  });

  it('do not answer for chunks and methods that do not exist', async () => {
    expect((await fetch(`${bff.url}/_app/immutable/gone.js`)).status).toBe(404);
    expect((await fetch(`${bff.url}/agents`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${bff.url}/%2e%2e/%2e%2e/etc/passwd`)).status).toBeLessThan(500);
    expect(await (await fetch(`${bff.url}/..%2f..%2fetc%2fpasswd`)).text()).not.toContain('root:');
  });
});

describe('/metrics', () => {
  it('has what operators look for', async () => {
    await bff.get('/agents/agent-1/metrics');
    const lines = (await (await fetch(`${bff.url}/metrics`)).text()).split('\n');
    const value = (name: string, labels: Record<string, string> = {}) => {
      const wanted = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      const line = lines.find((each) => each.startsWith(`${name}{`) && wanted.every((label) => each.includes(label)));
      return Number(line?.split(' ').at(-1) ?? NaN);
    };
    const requests = 'fleetbeat_http_request_seconds_count';
    expect(value(requests, { route: '/agents/{agent_id}/metrics', status: '200' })).toBeGreaterThan(0);
    expect(value(requests, { route: 'unknown', status: '404' })).toBeGreaterThan(0);
    expect(value('fleetbeat_query_seconds_count', { query: 'agents.find', outcome: 'ok' })).toBeGreaterThan(0);
    expect(value('fleetbeat_open_sockets', { protocol: 'socket_io' })).toBe(0);
    expect(value('fleetbeat_pipeline_lag_events', { topic: 'agent-events', partition: '0' })).toBe(0);
    expect(value('fleetbeat_agent_success_rate')).toBe(0.75);
    expect(value('fleetbeat_active_users')).toBe(0);
    expect(value('fleetbeat_web_vital_seconds_count', { name: 'LCP' })).toBe(1);
    // Paths never become labels.
    expect(lines.join('\n')).not.toContain('nobody');
  });
});
