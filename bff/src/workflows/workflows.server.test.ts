import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemSchema, type List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { claimedSchema, type Claimed } from '@fleetbeat/contracts/task-leases.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { templateSchema, timelineSchema, workflowSchema, type Workflow } from '@fleetbeat/contracts/workflows.ts';
import { addAgent, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
let agentKey: string;
beforeAll(async () => {
  bff = await startTestBff();
  agentKey = await bff.makeKey(['ingest']);
  const source = await addSource(bff.database, 'agent-events', 0, 1_000);
  await addAgent(bff.database, { agent_id: 'ann', source, last_seen: 1_000 });
});
afterAll(() => bff.stop());

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
async function problem(response: Response): Promise<string> {
  const { type, detail } = problemSchema.parse(await response.json());
  return `${response.status} ${type.split(':').at(-1)} ${detail}`;
}
const read = async (id: string): Promise<Workflow> => workflowSchema.parse(await (await bff.get(`/workflows/${id}`)).json());

/** Works as an agent does, with an agent's key. */
async function work(limit = 1): Promise<Claimed['items']> {
  const headers = { authorization: `Bearer ${agentKey}` };
  const { items } = claimedSchema.parse(await (await send('POST', '/agents/ann/tasks/claim', { limit }, headers)).json());
  for (const { task, lease } of items) {
    const path = `/agents/ann/tasks/${task.task_id}`;
    expect((await send('POST', `${path}/heartbeat`, { lease_token: lease.lease_token, progress: 50 }, headers)).status).toBe(200);
    expect((await send('POST', `${path}/complete`, { lease_token: lease.lease_token }, headers)).status).toBe(200);
  }
  return items;
}

const PLAN = [
  { key: 'fetch', name: 'Fetch' },
  { key: 'left', name: 'Left', depends_on: ['fetch'] },
  { key: 'right', name: 'Right', depends_on: ['fetch'], due_in_seconds: 60 },
  { key: 'join', name: 'Join', depends_on: ['left', 'right'] },
];

it('a run of a template is worked off in the order of its dependencies, and its timeline shows it', async () => {
  const made = await send('POST', '/workflow-templates', { name: 'Diamond', tasks: PLAN });
  const { template_id: templateId } = templateSchema.parse(await made.json());
  const start = () =>
    send('POST', `/workflow-templates/${templateId}/runs`, { workflow_id: 'run-1' }, { 'idempotency-key': 'run' });
  const [first, again] = [await start(), await start()];
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(await again.json()).toEqual(await first.clone().json());
  expect(await read('run-1')).toMatchObject({ status: 'running', progress: 0, tasks: { total: 4, pending: 1, waiting: 3 } });

  const order: string[][] = [];
  for (let items = await work(10); items.length > 0; items = await work(10)) order.push(items.map(({ task }) => task.name ?? ''));
  expect(order).toEqual([['Fetch'], ['Right', 'Left'], ['Join']]);
  expect(await read('run-1')).toMatchObject({ status: 'completed', progress: 100, tasks: { completed: 4 } });

  const timeline = timelineSchema.parse(await (await bff.get('/workflows/run-1/timeline')).json());
  expect(timeline.rows.map(({ spans }) => spans.map(({ agent_id: id, outcome }) => [id, outcome]))).toEqual(
    Array.from({ length: 4 }, () => [['ann', 'completed']]),
  );
  const runs = (await (await bff.get(`/workflow-templates/${templateId}/runs`)).json()) as List<Workflow>;
  expect(runs.items.map(({ workflow_id: id }) => id)).toEqual(['run-1']);
  expect((await (await bff.get('/agents/ann')).json()) as object).toMatchObject({ total_tasks: 4, failed_tasks: 0 });
  const audit = (await (await bff.get('/audit?entity_type=workflow&entity_id=run-1')).json()) as List<AuditEntry>;
  expect(audit.items.map(({ action }) => action)).toEqual(['created']);
});

it('circles and strangers are refused, and leave nothing', async () => {
  const tasks = [
    { key: 'a', name: 'A', depends_on: ['b'] },
    { key: 'b', name: 'B', depends_on: ['a'] },
  ];
  expect(await problem(await send('POST', '/workflows', { workflow_id: 'bad', name: 'Bad', tasks }))).toMatch(
    /^409 cycle .*a → b → a/,
  );
  expect(await problem(await send('POST', '/workflow-templates', { name: 'Bad', tasks }))).toMatch(/^409 cycle/);
  expect(
    await problem(await send('POST', '/workflows', { name: 'Bad', tasks: [{ key: 'a', name: 'A', depends_on: ['x'] }] })),
  ).toMatch(/^422 unknown-dependency/);
  expect(await problem(await send('POST', '/workflows', { name: 'Bad', tasks: [tasks[0], tasks[0]] }))).toMatch(
    /^422 repeated-key/,
  );
  expect(await problem(await bff.get('/workflows/bad'))).toMatch(/^404 unknown-workflow/);
  expect(await problem(await send('POST', '/tasks', { name: 'T', workflow_id: 'bad' }))).toMatch(/^422 unknown-workflow/);

  expect((await send('POST', '/workflows', { workflow_id: 'flow', name: 'Flow' })).status).toBe(201);
  expect(await problem(await send('POST', '/workflows', { workflow_id: 'flow', name: 'Flow' }))).toMatch(/^409 workflow-exists/);
  for (const [id, on] of [
    ['t1', []],
    ['t2', ['t1']],
    ['t3', ['t2']],
  ] as const) {
    expect((await send('POST', '/tasks', { task_id: id, name: id, workflow_id: 'flow', depends_on: on })).status).toBe(201);
  }
  const patch = (id: string, body: unknown) => send('PATCH', `/tasks/${id}`, body, { 'if-match': '*' });
  expect(await problem(await patch('t1', { depends_on: ['t3'] }))).toMatch(/^409 cycle .*t1 → t3/);
  expect(await problem(await patch('t1', { workflow_id: null }))).toMatch(/^409 has-dependents/);
  expect(await problem(await send('DELETE', '/tasks/t1'))).toMatch(/^409 has-dependents/);
  expect(await problem(await patch('t3', { depends_on: ['elsewhere'] }))).toMatch(/^422 unknown-dependency/);
  expect(((await (await patch('t3', { depends_on: ['t1', 't2'] })).json()) as Task).waiting_for).toBe(2);
  expect(((await (await patch('t3', { depends_on: [] })).json()) as Task).waiting_for).toBe(0);
});

it('a cancelled workflow takes its open tasks along, takes no more, and can go', async () => {
  await send('POST', '/workflows', { workflow_id: 'gone', name: 'Gone', tasks: PLAN });
  expect(await problem(await send('DELETE', '/workflows/gone'))).toMatch(/^409 workflow-running/);
  const cancelled = workflowSchema.parse(await (await send('POST', '/workflows/gone/cancel')).json());
  expect(cancelled).toMatchObject({ status: 'cancelled', tasks: { total: 4, cancelled: 4 } });
  expect(cancelled.ended_at).not.toBeNull();
  expect(await problem(await send('POST', '/tasks', { name: 'T', workflow_id: 'gone' }))).toMatch(/^409 workflow-cancelled/);
  expect((await send('POST', '/workflows/gone/cancel')).status).toBe(200);
  expect(await problem(await send('PATCH', '/workflows/gone', { name: 'New' }, { 'if-match': '"1"' }))).toMatch(/^412 stale/);
  expect((await send('DELETE', '/workflows/gone')).status).toBe(204);
  expect(await problem(await bff.get('/workflows/gone'))).toMatch(/^404/);
});

it('an agent’s key works off the board, but does not manage it', async () => {
  const headers = { authorization: `Bearer ${agentKey}` };
  expect(await problem(await send('POST', '/workflows', { name: 'Mine' }, headers))).toMatch(/^403 missing-scope/);
  const reader = { authorization: `Bearer ${await bff.makeKey(['read'])}` };
  expect(await problem(await send('POST', '/agents/ann/tasks/claim', {}, reader))).toMatch(/^403 missing-scope/);
});
