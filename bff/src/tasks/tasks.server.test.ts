import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { problemSchema, type List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { LiveMessage } from '@fleetbeat/contracts/live.ts';
import { taskSchema, type Task } from '@fleetbeat/contracts/tasks.ts';
import { addAgent, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
  const source = await addSource(bff.database, 'agent-events', 0, Date.now());
  await addAgent(bff.database, { agent_id: 'agent-1', source, last_seen: Date.now() });
});
afterAll(() => bff.stop());

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

async function addWorkflow(workflowId: string): Promise<void> {
  await bff.database.query('insert into workflows (workflow_id, name, created_at, changed_at) values ($1, $1, 0, 0)', [
    workflowId,
  ]);
}

async function make(fields: Record<string, unknown> = {}): Promise<Task> {
  const response = await send('POST', '/tasks', { name: 'A task', ...fields });
  expect(response.status).toBe(201);
  return taskSchema.parse(await response.json());
}

async function problem(response: Response): Promise<[status: number, code: string]> {
  const body = problemSchema.parse(await response.json());
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return [response.status, body.type.split(':').at(-1) ?? ''];
}

const change = (task: Task, fields: unknown, method = 'PATCH') =>
  send(method, `/tasks/${task.task_id}`, fields, { 'if-match': `"${task.revision}"` });

async function changed(task: Task, fields: unknown, method = 'PATCH'): Promise<Task> {
  const response = await change(task, fields, method);
  expect([response.status, response.headers.get('etag')]).toEqual([200, `"${task.revision + 1}"`]);
  return taskSchema.parse(await response.json());
}

async function audit(query: string): Promise<AuditEntry[]> {
  return ((await (await bff.get(`/audit?${query}`)).json()) as List<AuditEntry>).items;
}

describe('a task', () => {
  it('is made, read, changed, replaced and deleted', async () => {
    const response = await send('POST', '/tasks', { name: 'Write', status: 'in-progress', due_date: '2026-12-01T00:00:00Z' });
    const made = taskSchema.parse(await response.json());
    expect(response.headers.get('location')).toBe(`/api/v1/tasks/${made.task_id}`);
    expect(made.task_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(made).toMatchObject({
      status: 'in_progress',
      due_date: 1_796_083_200_000,
      priority: 'medium',
      attempts: 1,
      revision: 1,
    });
    expect(made.created_by).not.toBeNull();

    const read = await bff.get(`/tasks/${made.task_id}`);
    expect([read.status, read.headers.get('etag'), await read.json()]).toEqual([200, '"1"', made]);
    expect((await bff.get(`/tasks/${made.task_id}`, { 'if-none-match': '"1"', 'cache-control': 'max-age=0' })).status).toBe(304);

    const done = await changed(made, { status: 'completed', progress: 100, result: { answer: [1, null] } });
    expect(done).toMatchObject({ status: 'completed', progress: 100, result: { answer: [1, null] }, name: 'Write' });
    expect(done.duration_seconds).toBeGreaterThanOrEqual(0);

    const replaced = await changed(done, { name: 'Another', priority: 'high' }, 'PUT');
    expect(replaced).toMatchObject({ name: 'Another', priority: 'high', due_date: null, result: null, status: 'completed' });

    const removed = await send('DELETE', `/tasks/${made.task_id}`, undefined, { 'if-match': '"3"' });
    expect([removed.status, await removed.text()]).toEqual([204, '']);
    for (const answer of [
      await bff.get(`/tasks/${made.task_id}`),
      await change(replaced, { progress: 1 }),
      await change(replaced, { name: 'x' }, 'PUT'),
    ]) {
      expect(await problem(answer)).toEqual([404, 'unknown-task']);
    }
    expect(await problem(await send('POST', '/tasks', { task_id: made.task_id, name: 'Again' }))).toEqual([409, 'task-deleted']);
  });

  it('is changed only by who has seen its newest state', async () => {
    const task = await make();
    const path = `/tasks/${task.task_id}`;
    expect(await problem(await send('PATCH', path, { progress: 1 }))).toEqual([428, 'if-match-missing']);
    expect(await problem(await send('PUT', path, { name: 'x' }))).toEqual([428, 'if-match-missing']);
    expect(await problem(await send('PATCH', path, { progress: 1 }, { 'if-match': 'one' }))).toEqual([400, 'invalid-header']);
    const next = await changed(task, { progress: 1 });
    const stale = await change(task, { progress: 2 });
    expect(stale.headers.get('etag')).toBe('"2"');
    expect(await problem(stale)).toEqual([412, 'stale']);
    expect(await problem(await send('DELETE', path, undefined, { 'if-match': '"1"' }))).toEqual([412, 'stale']);
    expect((await send('PATCH', path, { progress: 3 }, { 'if-match': 'W/"1", W/"2"' })).status).toBe(200);
    expect((await send('PATCH', path, { progress: 4 }, { 'if-match': '*' })).status).toBe(200);
    expect(taskSchema.parse(await (await bff.get(path)).json())).toMatchObject({ progress: 4, revision: next.revision + 2 });
  });

  it('of two who change it at the same time, takes one', async () => {
    const task = await make();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, progress) => change(task, { progress })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412, 412, 412]);
  });

  it('moves only along the table of transitions, and tells where it may go', async () => {
    let task = await make();
    const refused = await change(task, { status: 'completed', name: 'Not written' });
    const body = problemSchema.parse(await refused.clone().json());
    expect(await problem(refused)).toEqual([409, 'illegal-transition']);
    expect(body.allowed).toEqual(['in_progress', 'cancelled']);
    expect(body.detail).toContain('pending cannot become completed');
    for (const status of ['in-progress', 'failed', 'in_progress', 'completed', 'pending', 'cancelled'])
      task = await changed(task, { status });
    expect(task).toMatchObject({ status: 'cancelled', attempts: 2, name: 'A task' });
    expect(await problem(await change(task, { status: 'completed' }))).toEqual([409, 'illegal-transition']);
    // Staying is no transition, and no new attempt.
    expect(await changed(task, { status: 'cancelled' })).toMatchObject({ attempts: 2 });
  });
});

describe('tasks', () => {
  it('are filtered, sorted and paged', async () => {
    const flow = 'flow-list';
    await addWorkflow(flow);
    const at = (i: number) => ({
      due_date: i === 3 ? null : 1_000 * (7 - i),
      priority: ['low', 'high', 'medium'][i % 3],
      workflow_id: flow,
    });
    for (let i = 0; i < 7; i++)
      await make({
        task_id: `list-${i}`,
        name: `No ${6 - i}`,
        ...at(i),
        ...(i < 2 ? { status: 'in_progress', agent_id: 'agent-1' } : {}),
      });
    const ids = async (query: string) => {
      const found: string[] = [];
      let cursor = '';
      for (;;) {
        const answer = await bff.get(`/tasks?workflow_id=${flow}&limit=2&${query}${cursor}`);
        const page = (await answer.json()) as List<Task>;
        found.push(...page.items.map(({ task_id: id }) => id.slice(-1)));
        if (page.next_cursor === null) return found.join('');
        cursor = `&cursor=${page.next_cursor}`;
      }
    };
    expect(await ids('')).toBe('6543210');
    expect(await ids('sort=updated_at')).toBe('6543210');
    expect(await ids('sort=due_date')).toBe('6542103');
    expect(await ids('sort=priority')).toBe('1425036');
    expect(await ids('sort=name')).toBe('6543210');
    expect(await ids('status=in-progress')).toBe('10');
    expect(await ids('status=in-progress&status=pending')).toBe('6543210');
    expect(await ids('priority=high')).toBe('41');
    expect(await ids('agent_id=agent-1')).toBe('10');
    expect(await ids('q=nO%202')).toBe('4');
    const page = (await (await bff.get(`/tasks?workflow_id=${flow}&limit=1&sort=name`)).json()) as List<Task>;
    expect(await problem(await bff.get(`/tasks?cursor=${page.next_cursor}`))).toEqual([400, 'bad-cursor']);
  });
});

describe('a request with an Idempotency-Key', () => {
  const post = (key: string, body: unknown) => send('POST', '/tasks', body, { 'idempotency-key': key });

  it('is done once, however often and at the same time it comes', async () => {
    await addWorkflow('flow-once');
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('once', { name: 'Once', workflow_id: 'flow-once' })));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
    const tasks = await Promise.all(answers.map((answer) => answer.json() as Promise<Task>));
    expect(new Set(tasks.map((task) => JSON.stringify(Object.entries(task).sort()))).size).toBe(1);
    const { items } = (await (await bff.get('/tasks?workflow_id=flow-once')).json()) as List<Task>;
    expect(items).toHaveLength(1);
    expect(await audit(`entity_id=${items[0]?.task_id}`)).toHaveLength(1);
  });

  it('is refused with other content, may be tried again after a refusal, and belongs to its sender', async () => {
    expect((await post('mine', { name: 'One' })).status).toBe(201);
    expect(await problem(await post('mine', { name: 'Two' }))).toEqual([422, 'idempotency-key-reused']);
    expect(await problem(await post('x'.repeat(300), { name: 'One' }))).toEqual([400, 'invalid-header']);
    expect(await problem(await post('later', { name: 'One', agent_id: 'agent-2' }))).toEqual([422, 'unknown-agent']);
    expect((await post('later', { name: 'One' })).status).toBe(201);
    const other = await send(
      'POST',
      '/tasks',
      { name: 'Two' },
      { 'idempotency-key': 'mine', authorization: `Bearer ${await bff.makeKey(['operate'])}` },
    );
    expect(other.status).toBe(201);
  });
});

describe('bad input', () => {
  const half = '"\\ud800"';
  const deep = '['.repeat(5_000) + ']'.repeat(5_000);
  it.each<[what: string, body: unknown, status: number, code: string]>([
    ['no name', {}, 400, 'invalid-body'],
    ['a blank name', { name: '  ' }, 400, 'invalid-body'],
    ['an unknown field', { name: 'x', colour: 'red' }, 400, 'invalid-body'],
    ['a field that is not for writing', { name: 'x', attempts: 3 }, 400, 'invalid-body'],
    ['a prototype', '{"name": "x", "__proto__": {"status": "completed"}}', 400, 'invalid-body'],
    ['an unknown status', { name: 'x', status: 'done' }, 400, 'invalid-body'],
    ['an unknown priority', { name: 'x', priority: 'urgent' }, 400, 'invalid-body'],
    ['a zero character', { name: 'a\u0000b' }, 400, 'invalid-body'],
    ['a zero character deep in a result', { name: 'x', result: [{ a: 'a\u0000b' }] }, 400, 'invalid-body'],
    ['half a surrogate pair', `{"name": ${half}}`, 400, 'invalid-body'],
    ['half a surrogate pair as a name in a result', `{"name": "x", "result": {${half}: 1}}`, 400, 'invalid-body'],
    ['a result too deep', `{"name": "x", "result": ${deep}}`, 400, 'invalid-body'],
    ['a number too large in a result', '{"name": "x", "result": 1e999}', 400, 'invalid-body'],
    ['a name too long', { name: 'x'.repeat(257) }, 400, 'invalid-body'],
    ['a body too long', { name: 'x', description: 'x'.repeat(70_000) }, 413, 'body-too-large'],
    ['progress beyond the end', { name: 'x', progress: 101 }, 400, 'invalid-body'],
    ['a date that is none', { name: 'x', due_date: '2026-02-31T00:00:00Z' }, 400, 'invalid-body'],
    ['a date before time began', { name: 'x', due_date: -1 }, 400, 'invalid-body'],
    ['an agent that nobody has seen', { name: 'x', agent_id: 'agent-2' }, 422, 'unknown-agent'],
    ['an empty id', { name: 'x', task_id: '' }, 400, 'invalid-body'],
    ['a list', [{ name: 'x' }], 400, 'invalid-body'],
    ['no JSON', '{"name": ', 400, 'malformed-json'],
  ])('with %s is refused, and leaves nothing', async (_what, body, status, code) => {
    const count = async () =>
      (await bff.database.query('select (select count(*) from tasks) + (select count(*) from audit_logs) as n'))
        .rows[0] as unknown;
    const before = await count();
    expect(await problem(await send('POST', '/tasks', body))).toEqual([status, code]);
    expect(await count()).toEqual(before);
  });

  it.each([
    ['/tasks?limit=501', 'invalid-query'],
    ['/tasks?limit=1e9', 'invalid-query'],
    ['/tasks?sort=task_id;drop%20table%20tasks', 'invalid-query'],
    ['/tasks?status=done', 'invalid-query'],
    ['/audit?limit=0', 'invalid-query'],
    ['/audit?action=drop', 'invalid-query'],
    ['/audit?cursor=abc', 'bad-cursor'],
    ['/audit?from=2&to=1', 'invalid-query'],
  ])('%s is %s', async (path, code) => {
    expect(await problem(await bff.get(path))).toEqual([400, code]);
  });

  it('in a change is refused as well', async () => {
    const task = await make();
    for (const fields of [{}, { colour: 1 }, { name: null }, { status: null }, { task_id: 'x' }, { progress: '5' }]) {
      expect([fields, ...(await problem(await change(task, fields)))]).toEqual([fields, 400, 'invalid-body']);
    }
    expect(await problem(await change(task, { agent_id: 'agent-2' }))).toEqual([422, 'unknown-agent']);
    expect(await problem(await send('PATCH', '/tasks/a%00b', { progress: 1 }, { 'if-match': '*' }))).toEqual([
      400,
      'invalid-path',
    ]);
    expect(await problem(await send('PATCH', '/tasks/nobody', { progress: 1 }, { 'if-match': '*' }))).toEqual([
      404,
      'unknown-task',
    ]);
    expect(await problem(await send('POST', '/tasks', { name: 'x', task_id: task.task_id }))).toEqual([409, 'task-exists']);
    expect((await bff.get(`/tasks/${task.task_id}`)).headers.get('etag')).toBe(`"${task.revision}"`);
  });

  it.each(["'; drop table tasks; --", '<script>alert(1)</script>', '${7*7}', '%_\\', '"; rm -rf /', 'ﷺ\u202e', '$1'])(
    'text like %s is only text',
    async (text) => {
      await addWorkflow(text);
      const task = await make({ name: text, description: text, error: text, result: { [text]: text }, workflow_id: text });
      expect(task).toMatchObject({ name: text, description: text, error: text, result: { [text]: text }, workflow_id: text });
      const answer = await bff.get(`/tasks?q=${encodeURIComponent(text)}`);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(((await answer.json()) as List<Task>).items.map(({ task_id: id }) => id)).toContain(task.task_id);
    },
  );

  it('in the scope: who may only read changes nothing, and only admins read the audit log', async () => {
    const task = await make();
    for (const [scope, status] of [
      ['read', 403],
      ['ingest', 403],
      ['operate', 201],
    ] as const) {
      const authorization = `Bearer ${await bff.makeKey([scope])}`;
      expect((await send('POST', '/tasks', { name: 'x' }, { authorization })).status).toBe(status);
      expect((await bff.get('/audit', { authorization })).status).toBe(403);
      if (scope !== 'operate')
        expect((await send('DELETE', `/tasks/${task.task_id}`, undefined, { authorization })).status).toBe(403);
    }
  });
});

describe('the audit log', () => {
  it('has every change, who made it, and what it was before', async () => {
    const made = await make({ priority: 'low' });
    const response = await send(
      'PATCH',
      `/tasks/${made.task_id}`,
      { priority: 'high', status: 'in-progress' },
      { 'if-match': '*', 'x-request-id': 'request-7' },
    );
    expect(response.status).toBe(200);
    await send('PATCH', `/tasks/${made.task_id}`, { status: 'completed' }, { 'if-match': '"1"' });
    await send('DELETE', `/tasks/${made.task_id}`);
    const entries = await audit(`entity_type=task&entity_id=${made.task_id}`);
    const { id: _id, at, ...updated } = entries[1] ?? ({} as AuditEntry);
    expect(entries.map(({ action }) => action)).toEqual(['deleted', 'updated', 'created']);
    expect(updated).toEqual({
      entity_type: 'task',
      entity_id: made.task_id,
      entity_name: 'A task',
      entity_exists: false,
      action: 'updated',
      actor_id: made.created_by,
      actor_type: 'api_key',
      changes: { priority: { before: 'low', after: 'high' }, status: { before: 'pending', after: 'in_progress' } },
      request_id: 'request-7',
    });
    expect(Math.abs((at ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(entries[0]?.changes).toMatchObject({
      name: { before: 'A task', after: null },
      status: { before: 'in_progress', after: null },
    });
    expect(await audit('request_id=request-7')).toHaveLength(1);
    expect(await audit(`entity_id=${made.task_id}&to=${at}`)).toHaveLength(1);
    expect(await audit(`entity_id=${made.task_id}&actor_id=nobody`)).toEqual([]);
    const first = (await (await bff.get(`/audit?entity_id=${made.task_id}&limit=2`)).json()) as List<AuditEntry>;
    expect(await audit(`entity_id=${made.task_id}&cursor=${first.next_cursor}`)).toEqual(entries.slice(2));
  });

  it('cannot be changed', async () => {
    await make();
    for (const statement of ["update audit_logs set actor_id = 'me'", 'delete from audit_logs', 'truncate audit_logs']) {
      await expect(bff.database.query(statement)).rejects.toThrow('audit_logs only grows');
    }
  });
});

it('live: everybody hears of a change within a second', async () => {
  const received: { type: string; id: unknown; at: number }[] = [];
  const socket = io(bff.url, { transports: ['websocket'], auth: { key: bff.key }, reconnection: false });
  socket.onAny((type: string, { data }: LiveMessage) =>
    received.push({ type, id: 'task_id' in data && data.task_id, at: Date.now() }),
  );
  await socket.timeout(5_000).emitWithAck('subscribe', { channel: 'tasks' });
  const plain: Record<string, unknown>[] = [];
  const webSocket = new WebSocket(`${bff.url.replace('http', 'ws')}/ws/tasks`, {
    headers: { authorization: `Bearer ${bff.key}` },
  });
  webSocket.on('message', (data: Buffer) => plain.push(JSON.parse(data.toString()) as Record<string, unknown>));
  await expect.poll(() => plain.length).toBeGreaterThan(0);

  const started = Date.now();
  const task = await make();
  await changed(task, { status: 'in-progress' });
  await send('DELETE', `/tasks/${task.task_id}`);
  const mine = () => received.filter(({ id }) => id === task.task_id);
  await expect
    .poll(() => mine().map(({ type }) => type), { timeout: 10_000 })
    .toEqual(['task_created', 'task_update', 'task_deleted']);
  expect((mine().at(-1)?.at ?? Infinity) - started).toBeLessThan(10_000);
  await expect
    .poll(() => plain.filter(({ task_id: id }) => id === task.task_id))
    .toMatchObject([
      { type: 'taskUpdate', created: true, status: 'pending' },
      { type: 'taskUpdate', created: false, status: 'in_progress' },
      { type: 'taskDeleted' },
    ]);
  socket.disconnect();
  webSocket.terminate();
});
