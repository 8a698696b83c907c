import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { Agent, List } from '@fleetbeat/contracts/api.ts';
import { calibrationSchema, suggestionSchema, type AutoApproval, type Suggestion } from '@fleetbeat/contracts/suggestions.ts';
import type { Task } from '@fleetbeat/contracts/tasks.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { Browser, type Answer } from '../testing/browser.ts';
import { addAgent, addSource } from '../testing/fill.ts';

const HOUR = 3_600_000;

let bff: TestBff;
let agent: Browser;
let operator: Browser;
let admin: Browser;

beforeAll(async () => {
  bff = await startTestBff();
  const keyed = (key: string) => new Browser(bff.url, { authorization: `Bearer ${key}` });
  agent = keyed(await bff.makeKey(['ingest']));
  operator = keyed(await bff.makeKey(['read', 'operate']));
  admin = keyed(bff.key);
  const source = await addSource(bff.database, 'agent-events', 0, 1);
  for (const id of ['crawler', 'indexer', 'calibrated', 'autonomous']) {
    await addAgent(bff.database, { agent_id: id, source, last_seen: 1 });
  }
  await bff.database.query(
    `insert into channels (id, name, type, updated_by) values ('hook', 'Hook', 'webhook', 'test'), ('chat', 'Chat', 'slack', 'test')`,
  );
});
afterAll(() => bff.stop());

const problem = ({ status, code }: Answer) => [status, code];
const BASE = { agent_id: 'crawler', action: 'retry', reasoning: 'It failed for want of memory.', confidence: 0.8 };
const suggest = async (more: object = {}): Promise<Suggestion> => {
  const answer = await agent.ask('POST', '/suggestions', { ...BASE, ...more });
  expect([answer.status, answer.problem?.detail]).toEqual([201, undefined]);
  return suggestionSchema.parse(answer.body);
};
const addTask = async (more: object = {}) => (await operator.ask('POST', '/tasks', { name: 'Index', ...more })).body as Task;
const readTask = async (id: string) => (await operator.ask('GET', `/tasks/${id}`)).body as Task;
const decide = (id: string, how: 'approve' | 'reject', body: object = {}, headers: Record<string, string> = {}) =>
  operator.ask('POST', `/suggestions/${id}/${how}`, body, headers);
const auditOf = async (type: string, id: string) =>
  (
    await bff.database.query<{ action: string; actor_type: string }>(
      'select action, actor_type from audit_logs where entity_type = $1 and entity_id = $2 order by id',
      [type, id],
    )
  ).rows.map(({ action, actor_type: by }) => `${action} by ${by}`);

describe('a suggestion', () => {
  it('waits for people, who are told of it, and is found by what it is', async () => {
    const socket = io(bff.url, { auth: { key: bff.key }, transports: ['websocket'] });
    try {
      const live = new Promise<{ data: Suggestion }>((resolve) => socket.on('suggestion_created', resolve));
      expect(await socket.emitWithAck('subscribe', { channel: 'suggestions' })).toMatchObject({ ok: true });
      const { task_id } = await addTask();
      const made = await suggest({ task_id, action: 'archive <b>it</b>', expires_at: Date.now() + HOUR });
      expect(made).toMatchObject({ status: 'pending', effect: null, held_back: null, revision: 1 });
      expect((await live).data).toEqual(made);
      const one = await operator.ask('GET', `/suggestions/${made.id}`);
      expect([one.headers.get('etag'), one.body]).toEqual(['"1"', made]);
      const filters = [
        `task_id=${task_id}`,
        'q=ARCHIVE%20%3Cb',
        `action=${encodeURIComponent(made.action)}&status=pending&status=expired`,
      ];
      for (const filter of filters) {
        const { items } = (await operator.ask('GET', `/suggestions?${filter}`)).body as List<Suggestion>;
        expect([filter, items.map(({ id }) => id)]).toEqual([filter, [made.id]]);
      }
      const told = ((await operator.ask('GET', '/notifications')).body as List<Notification>).items;
      expect(told[0]).toMatchObject({
        kind: 'suggestion_created',
        severity: 'info',
        title: 'crawler suggests: archive <b>it</b>',
        subject: { type: 'suggestion', id: made.id },
      });
    } finally {
      socket.disconnect();
    }
  });

  it('comes page by page, the newest first', async () => {
    const made = [];
    for (const reasoning of ['1', '2', '3']) made.push(await suggest({ action: 'paged', reasoning }));
    const first = (await operator.ask('GET', '/suggestions?action=paged&limit=2')).body as List<Suggestion>;
    const rest = (await operator.ask('GET', `/suggestions?action=paged&limit=2&cursor=${first.next_cursor}`))
      .body as List<Suggestion>;
    expect([...first.items, ...rest.items].map(({ reasoning }) => reasoning).sort()).toEqual(['1', '2', '3']);
    expect(rest.next_cursor).toBeNull();
    expect(problem(await operator.ask('GET', '/suggestions?cursor=x'))).toEqual([400, 'bad-cursor']);
  });

  it('that is approved does what it asks for, once, whoever else approves or rejects it meanwhile', async () => {
    const { task_id } = await addTask({ status: 'failed' });
    const { id } = await suggest({ task_id, effect: { type: 'set_task_status', status: 'in-progress' } });
    const answers = await Promise.all([
      ...Array.from({ length: 6 }, () => decide(id, 'approve', { reason: 'Go on.' })),
      ...Array.from({ length: 3 }, () => decide(id, 'reject', {}, { 'if-match': '"1"' })),
    ]);
    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409 || status === 412)).toHaveLength(8);
    const decided = suggestionSchema.parse(done[0]?.body);
    const { status, attempts } = await readTask(task_id);
    expect([status, attempts]).toEqual(decided.status === 'approved' ? ['in_progress', 1] : ['failed', 0]);
    expect(await auditOf('suggestion', id)).toEqual(['created by api_key', `${decided.status} by api_key`]);
  });

  it('that is approved names who did and why', async () => {
    const { task_id } = await addTask();
    const { id } = await suggest({ task_id, effect: { type: 'set_task_status', status: 'cancelled' } });
    const socket = io(bff.url, { auth: { key: bff.key }, transports: ['websocket'] });
    try {
      const live = new Promise<{ data: Task }>((resolve) => {
        socket.on('task_update', (message: { data: Task }) => {
          if (message.data.task_id === task_id) resolve(message);
        });
      });
      await socket.emitWithAck('subscribe', { channel: 'tasks' });
      const approved = await decide(id, 'approve', { reason: 'Nobody needs it.' }, { 'if-match': '"1"' });
      expect(approved).toMatchObject({ status: 200, body: { status: 'approved', reason: 'Nobody needs it.', revision: 2 } });
      expect(suggestionSchema.parse(approved.body).approved_at).toBeGreaterThan(0);
      expect((await live).data.status).toBe('cancelled');
    } finally {
      socket.disconnect();
    }
    expect(await auditOf('task', task_id)).toEqual(['created by api_key', 'updated by api_key']);
    expect(problem(await decide(id, 'reject'))).toEqual([409, 'suggestion-decided']);
  });

  it('whose change is not legal is not approved, and nothing is written', async () => {
    const { task_id } = await addTask({ status: 'completed' });
    const { id } = await suggest({ task_id, effect: { type: 'set_task_status', status: 'cancelled' } });
    const refused = await decide(id, 'approve');
    expect(problem(refused)).toEqual([409, 'illegal-transition']);
    expect(refused.problem?.allowed).toEqual(['pending']);
    await operator.ask('DELETE', `/tasks/${task_id}`);
    expect(problem(await decide(id, 'approve'))).toEqual([409, 'subject-gone']);
    expect((await operator.ask('GET', `/suggestions/${id}`)).body).toMatchObject({ status: 'pending', revision: 1 });
    expect(await auditOf('suggestion', id)).toEqual(['created by api_key']);
    expect((await decide(id, 'reject', { reason: 'Too late.' })).body).toMatchObject({ status: 'rejected', reason: 'Too late.' });
  });

  it('pauses an agent', async () => {
    const { id, effect } = await suggest({ agent_id: 'indexer', effect: { type: 'pause_agent' } });
    expect(effect).toEqual({ type: 'pause_agent', agent_id: 'indexer' });
    expect((await decide(id, 'approve')).status).toBe(200);
    expect((await operator.ask('GET', '/agents/indexer')).body as Agent).toMatchObject({ paused: true });
    expect(await auditOf('agent', 'indexer')).toEqual(['updated by api_key']);
  });

  it('calls a webhook by one delivery, also where the approval is sent again', async () => {
    const { id } = await suggest({ effect: { type: 'call_webhook', channel_id: 'hook' } });
    for (let tries = 0; tries < 2; tries++) {
      expect(await decide(id, 'approve', {}, { 'idempotency-key': `approve-${id}` })).toMatchObject({ status: 200 });
    }
    const { rows } = await bff.database.query(
      `select channel_id, notice ->> 'kind' as kind, notice ->> 'title' as title, notice -> 'group_labels' ->> 'agent' as agent
       from deliveries where idempotency_key = $1`,
      [`suggestion-${id}`],
    );
    expect(rows).toEqual([{ channel_id: 'hook', kind: 'approved', title: 'Approved: retry (crawler)', agent: 'crawler' }]);
  });

  it('is decided by nobody once its time is over', async () => {
    const { id } = await suggest({ expires_at: Date.now() + HOUR });
    await bff.database.query('update suggestions set expires_at = 1 where id = $1', [id]);
    for (const how of ['approve', 'reject'] as const) expect(problem(await decide(id, how))).toEqual([409, 'suggestion-expired']);
  });

  it('sent twice under one key is made once', async () => {
    const headers = { 'idempotency-key': 'suggest-once' };
    const ids = [];
    for (let tries = 0; tries < 2; tries++) {
      ids.push(((await agent.ask('POST', '/suggestions', BASE, headers)).body as Suggestion).id);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  it.each([
    [{ agent_id: 'nobody' }, 422, 'unknown-agent'],
    [{ task_id: 'nowhere' }, 422, 'unknown-task'],
    [{ effect: { type: 'pause_agent', agent_id: 'nobody' } }, 422, 'unknown-agent'],
    [{ effect: { type: 'call_webhook', channel_id: 'chat' } }, 422, 'unknown-channel'],
    [{ effect: { type: 'set_task_status', status: 'completed' } }, 400, 'invalid-body'],
    [{ effect: { type: 'set_task_status', status: 'done' }, task_id: 'x' }, 400, 'invalid-body'],
    [{ effect: { type: 'drop_tables' } }, 400, 'invalid-body'],
    [{ confidence: 1.01 }, 400, 'invalid-body'],
    [{ confidence: 'high' }, 400, 'invalid-body'],
    [{ reasoning: ' ' }, 400, 'invalid-body'],
    [{ action: 'two\nlines' }, 400, 'invalid-body'],
    [{ status: 'approved' }, 400, 'invalid-body'],
    [{ expires_at: 1 }, 400, 'invalid-body'],
    [{ expires_at: '2999-01-01T00:00:00Z' }, 400, 'invalid-body'],
  ])('with %j is refused', async (more, status, code) => {
    expect(problem(await agent.ask('POST', '/suggestions', { ...BASE, ...more }))).toEqual([status, code]);
  });

  it('that is not there is unknown', async () => {
    expect(problem(await operator.ask('GET', '/suggestions/nothing'))).toEqual([404, 'unknown-suggestion']);
    expect(problem(await decide('nothing', 'approve'))).toEqual([404, 'unknown-suggestion']);
  });
});

describe('calibration', () => {
  /** A decided suggestion of long ago, and what its task did after it was approved. */
  async function history(confidence: number, task: object, action = 'retry'): Promise<void> {
    const { task_id } = await addTask();
    const { id: suggestionId } = await suggest({ agent_id: 'calibrated', action, confidence, task_id });
    await decide(suggestionId, 'approve');
    const approvedAt = Date.now() - 48 * HOUR;
    await bff.database.query('update suggestions set created_at = $2, approved_at = $2 where id = $1', [
      suggestionId,
      approvedAt,
    ]);
    const fields = Object.entries(task).map(
      ([name, value]) => `${name} = ${typeof value === 'number' ? approvedAt + value : `'${value}'`}`,
    );
    if (fields.length > 0) await bff.database.query(`update tasks set ${fields.join(', ')} where task_id = $1`, [task_id]);
  }
  const COMPLETED = { status: 'completed', completed_at: HOUR };
  const ask = async (query: string) =>
    calibrationSchema.parse((await operator.ask('GET', `/suggestions/calibration?agent_id=calibrated&${query}`)).body);

  it('holds confidence against what became of the tasks', async () => {
    await history(0.95, COMPLETED);
    await history(0.95, { status: 'completed', completed_at: 30 * HOUR });
    await history(0.95, { ...COMPLETED, reopened_at: 2 * HOUR });
    await history(0.15, { status: 'failed' });
    await history(0.15, { status: 'completed', completed_at: -HOUR });
    const day = await ask('within_hours=24');
    expect(day).toMatchObject({ n: 4, open: 0, succeeded: 1, recommended: null, target: 0.9, min_samples: 30 });
    expect(day.bins).toMatchObject([
      { from: 0.1, n: 1, success: 0 },
      { from: 0.9, n: 3, success: 1 / 3 },
    ]);
    expect(day.expected_calibration_error).toBeCloseTo((0.15 + 3 * (0.95 - 1 / 3)) / 4);
    const three = await ask('within_hours=72');
    expect(three).toMatchObject({ n: 3, open: 1, succeeded: 2 });
    expect(await ask('action=other')).toMatchObject({ n: 0, bins: [], expected_calibration_error: null });
    expect(await ask('within_hours=72&target=0.5&min_samples=1')).toMatchObject({ recommended: null });
  });

  it('recommends a threshold once enough has gone well, and lists it by agent and action', async () => {
    await Promise.all(Array.from({ length: 40 }, () => history(0.9, COMPLETED, 'rerun')));
    expect((await ask('action=rerun')).recommended).toMatchObject({ threshold: 0.9, n: 40, success: 1 });
    const { items } = (await operator.ask('GET', '/suggestions/auto-approve?agent_id=calibrated')).body as List<AutoApproval>;
    expect(items).toMatchObject([
      { action: 'rerun', enabled: false, threshold: null, recommended_threshold: 0.9, n: 40, succeeded: 40, revision: 0 },
      { action: 'retry', recommended_threshold: null, n: 4 },
    ]);
  });

  it.each(['within_hours=0', 'target=2', 'min_samples=0'])('refuses %s', async (query) => {
    expect(problem(await operator.ask('GET', `/suggestions/calibration?${query}`))).toEqual([400, 'invalid-query']);
  });
});

describe('approval by itself', () => {
  const set = (more: object, headers: Record<string, string> = {}) =>
    admin.ask(
      'PUT',
      '/suggestions/auto-approve',
      { agent_id: 'autonomous', action: 'retry', enabled: true, threshold: 0.9, ...more },
      headers,
    );
  const retry = async (confidence: number, status = 'failed') => {
    const { task_id } = await addTask({ status });
    const effect = { type: 'set_task_status', status: 'in_progress' };
    return suggest({ agent_id: 'autonomous', confidence, task_id, effect });
  };

  it('is off until an admin switches it on, and done as a person would do it', async () => {
    expect((await retry(1)).status).toBe('pending');
    expect((await set({})).body).toMatchObject({ items: [{ action: 'retry', enabled: true, threshold: 0.9, revision: 1 }] });
    const approved = await retry(0.9);
    expect(approved).toMatchObject({ status: 'approved', approved_by: 'auto-approval' });
    expect((await readTask(approved.task_id ?? '')).status).toBe('in_progress');
    expect(await auditOf('suggestion', approved.id)).toEqual(['created by api_key', 'approved by system']);
    expect(problem(await decide(approved.id, 'approve'))).toEqual([409, 'suggestion-decided']);
    expect((await retry(0.89)).status).toBe('pending');
    expect((await set({ enabled: false }, { 'if-match': '"1"' })).status).toBe(200);
    expect((await retry(1)).status).toBe('pending');
    expect(problem(await set({}, { 'if-match': '"1"' }))).toEqual([412, 'stale']);
    expect(await auditOf('suggestion_auto_approval', 'autonomous/retry')).toEqual(['created by api_key', 'updated by api_key']);
  });

  it('of what cannot be done is left to people, with the reason', async () => {
    await set({ enabled: true, threshold: 0 });
    const held = await retry(0.99, 'completed');
    expect(held).toMatchObject({ status: 'pending', approved_by: null });
    expect(held.held_back).toMatch(/completed cannot become in_progress/);
    expect(await auditOf('suggestion', held.id)).toEqual(['created by api_key']);
  });

  it('is for admins to switch, for agents that are known', async () => {
    const body = { agent_id: 'autonomous', action: 'retry', enabled: true, threshold: 0 };
    expect(problem(await operator.ask('PUT', '/suggestions/auto-approve', body))).toEqual([403, 'missing-scope']);
    expect(problem(await set({ agent_id: 'nobody' }))).toEqual([422, 'unknown-agent']);
    expect(problem(await set({ threshold: 2 }))).toEqual([400, 'invalid-body']);
  });
});
