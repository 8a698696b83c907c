import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Notification } from '@fleetbeat/contracts/alerts.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { Comment } from '@fleetbeat/contracts/comments.ts';
import type { TimelineEntry } from '@fleetbeat/contracts/incidents.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { Browser, type Answer } from '../testing/browser.ts';
import { addAgent, addSource } from '../testing/fill.ts';

let bff: TestBff;
let operator: Browser;
let admin: Browser;
let agent: Browser;
let taskId: string;
let incidentId: number;

beforeAll(async () => {
  bff = await startTestBff();
  const keyed = (key: string) => new Browser(bff.url, { authorization: `Bearer ${key}` });
  operator = keyed(await bff.makeKey(['read', 'operate']));
  agent = keyed(await bff.makeKey(['ingest']));
  admin = keyed(bff.key);
  const source = await addSource(bff.database, 'agent-events', 0, 1);
  await addAgent(bff.database, { agent_id: 'crawler', source, last_seen: 1 });
  taskId = ((await operator.ask('POST', '/tasks', { name: 'Index the archive' })).body as { task_id: string }).task_id;
  const { rows } = await bff.database.query<{ id: number }>(
    `insert into incidents (group_key, route_id, group_labels, status, severity, title, opened_at, updated_at)
     values ('g', 'default', '{}', 'open', 'error', 'Offline: crawler', 1, 1) returning id`,
  );
  incidentId = rows[0]?.id ?? 0;
});
afterAll(() => bff.stop());

const say = async (who: Browser, text: string, more: object = {}) =>
  (await who.ask('POST', '/comments', { entity_type: 'task', entity_id: taskId, text, ...more })).body as Comment;
const listed = async (query: string) => ((await operator.ask('GET', `/comments?${query}`)).body as List<Comment>).items;
const problem = ({ status, code }: Answer) => [status, code];

/** Somebody with an account, signed in. */
async function person(name: string, role: string): Promise<{ browser: Browser; id: string }> {
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.org`;
  const { body } = await admin.ask('POST', '/invitations', { email, name, role });
  const browser = new Browser(bff.url);
  const token = new URL((body as { url: string }).url).hash.slice(1);
  await browser.ask('POST', '/auth/password', { token, password: 'correct horse battery' });
  await browser.signIn(email, 'correct horse battery');
  return { browser, id: ((await browser.ask('GET', '/me')).body as { id: string }).id };
}

describe('a comment', () => {
  it('is made by people and agents, listed in order, and told live', async () => {
    const socket = io(bff.url, { auth: { key: bff.key }, transports: ['websocket'] });
    try {
      const live = new Promise<{ data: Comment }>((resolve) => socket.on('comment_added', resolve));
      expect(await socket.emitWithAck('subscribe', { channel: 'notifications' })).toMatchObject({ ok: true });
      const first = await say(operator, '  Is this still needed?\nI doubt it. ');
      expect(first).toMatchObject({
        author_type: 'human',
        text: 'Is this still needed?\nI doubt it.',
        edited_at: null,
        mentions: [],
      });
      expect((await live).data).toEqual(first);
      const said = { entity_type: 'task', entity_id: taskId, text: 'It is.' };
      const second = await agent.ask('POST', '/agents/crawler/comments', said);
      expect(second).toMatchObject({ status: 201, body: { author_type: 'agent', author_id: 'crawler', author_name: 'crawler' } });
      expect((await listed(`entity_type=task&entity_id=${taskId}`)).map(({ text }) => text)).toEqual([first.text, 'It is.']);
      expect((await listed(`entity_type=task&entity_id=${taskId}&order=desc&limit=1`)).map(({ text }) => text)).toEqual([
        'It is.',
      ]);
    } finally {
      socket.disconnect();
    }
  });

  it('comes page by page either way', async () => {
    const id = ((await operator.ask('POST', '/tasks', { name: 'x' })).body as { task_id: string }).task_id;
    for (const text of ['1', '2', '3']) await say(operator, text, { entity_id: id });
    for (const order of ['asc', 'desc']) {
      const path = `/comments?entity_type=task&entity_id=${id}&order=${order}&limit=2`;
      const first = (await operator.ask('GET', path)).body as List<Comment>;
      const rest = (await operator.ask('GET', `${path}&cursor=${first.next_cursor}`)).body as List<Comment>;
      expect([...first.items, ...rest.items].map(({ text }) => text)).toEqual(
        order === 'asc' ? ['1', '2', '3'] : ['3', '2', '1'],
      );
      expect(rest.next_cursor).toBeNull();
    }
  });

  it('is changed and deleted by whoever wrote it alone, and deleted by admins, all of it audited', async () => {
    const { id } = await say(operator, 'first');
    expect(problem(await admin.ask('PATCH', `/comments/${id}`, { text: 'mine' }))).toEqual([403, 'not-yours']);
    const edited = await operator.ask('PATCH', `/comments/${id}`, { text: 'second' }, { 'if-match': '"1"' });
    expect(edited).toMatchObject({ status: 200, body: { text: 'second', revision: 2 } });
    expect((edited.body as Comment).edited_at).not.toBeNull();
    expect(problem(await operator.ask('PATCH', `/comments/${id}`, { text: 'third' }, { 'if-match': '"1"' }))).toEqual([
      412,
      'stale',
    ]);
    const { browser: other } = await person('Olga Other', 'operator');
    expect(problem(await other.ask('DELETE', `/comments/${id}`))).toEqual([403, 'not-yours']);
    expect((await admin.ask('DELETE', `/comments/${id}`)).status).toBe(204);
    expect(problem(await operator.ask('DELETE', `/comments/${id}`))).toEqual([404, 'unknown-comment']);
    const { rows } = await bff.database.query(
      `select action, changes -> 'text' as text from audit_logs where entity_type = 'comment' and entity_id = $1 order by id`,
      [String(id)],
    );
    expect(rows).toEqual([
      { action: 'created', text: { before: null, after: 'first' } },
      { action: 'updated', text: { before: 'first', after: 'second' } },
      { action: 'deleted', text: { before: 'second', after: null } },
    ]);
  });

  it('sent twice under one key is said once', async () => {
    const body = { entity_type: 'task', entity_id: taskId, text: 'once' };
    const answers = [];
    for (let tries = 0; tries < 2; tries++) {
      answers.push((await operator.ask('POST', '/comments', body, { 'idempotency-key': 'say-once' })).body as Comment);
    }
    expect(answers[0]?.id).toBe(answers[1]?.id);
  });

  it('tells whoever it mentions, once, and nobody else', async () => {
    const { browser: ann, id: annId } = await person('Ann Lee', 'viewer');
    const { browser: bob } = await person('Bob', 'viewer');
    const { id, mentions } = await say(operator, 'What do you say, @ann lee?');
    expect(mentions).toEqual([{ user_id: annId, text: 'ann lee' }]);
    await operator.ask('PATCH', `/comments/${id}`, { text: 'What do you say, @ann.lee@example.org?' });
    const told = async (who: Browser) =>
      ((await who.ask('GET', '/notifications')).body as List<Notification>).items.filter(({ kind }) => kind === 'mentioned');
    expect(await told(ann)).toMatchObject([
      {
        title: 'test mentions you: Index the archive',
        subject: { type: 'task', id: taskId },
        recipient: annId,
        body: 'What do you say, @ann lee?',
      },
    ]);
    expect([await told(bob), await told(operator)]).toEqual([[], []]);
    // Nobody reads it for her.
    const { id: notificationId } = (await told(ann))[0] ?? { id: 0 };
    expect((await operator.ask('POST', '/notifications/read', { ids: [notificationId] })).body).toEqual({ read: 0 });
    expect((await told(ann))[0]?.read_at).toBeNull();
    expect((await ann.ask('POST', '/notifications/read', { ids: [notificationId] })).body).toEqual({ read: 1 });
    expect((await told(ann))[0]?.read_at).not.toBeNull();
  });

  it('on an incident stands in its timeline, edited and deleted with it', async () => {
    expect((await operator.ask('POST', `/incidents/${incidentId}/comments`, { text: 'Looking.' })).status).toBe(204);
    const timeline = async () =>
      ((await operator.ask('GET', `/incidents/${incidentId}/timeline`)).body as List<TimelineEntry>).items.map(
        ({ kind, text }) => [kind, text],
      );
    expect(await timeline()).toEqual([['commented', 'Looking.']]);
    const [{ id } = { id: 0 }] = await listed(`entity_type=incident&entity_id=${incidentId}`);
    await operator.ask('PATCH', `/comments/${id}`, { text: 'It is the disk.' });
    expect(await timeline()).toEqual([['commented', 'It is the disk.']]);
    await operator.ask('DELETE', `/comments/${id}`);
    expect(await timeline()).toEqual([]);
    expect(problem(await operator.ask('POST', '/incidents/424242/comments', { text: 'x' }))).toEqual([404, 'unknown-incident']);
  });

  it('goes with the task that it is about', async () => {
    const id = ((await operator.ask('POST', '/tasks', { name: 'short-lived' })).body as { task_id: string }).task_id;
    await say(operator, 'gone soon', { entity_id: id });
    await operator.ask('DELETE', `/tasks/${id}`);
    expect(await listed(`entity_type=task&entity_id=${id}`)).toEqual([]);
  });

  it.each([
    [{ entity_type: 'task', entity_id: 'nowhere', text: 'x' }, 422, 'unknown-task'],
    [{ entity_type: 'suggestion', entity_id: 'nowhere', text: 'x' }, 422, 'unknown-suggestion'],
    [{ entity_type: 'incident', entity_id: 'x', text: 'x' }, 422, 'unknown-incident'],
    [{ entity_type: 'incident', entity_id: 424_242, text: 'x' }, 422, 'unknown-incident'],
    [{ entity_type: 'agent', entity_id: 'x', text: 'x' }, 400, 'invalid-body'],
    [{ entity_type: 'task', entity_id: 'x', text: ' \n ' }, 400, 'invalid-body'],
    [{ entity_type: 'task', entity_id: 'x', text: 'a\u0000b' }, 400, 'invalid-body'],
    [{ entity_type: 'task', entity_id: 'x', text: 'x'.repeat(4_001) }, 400, 'invalid-body'],
    [{ entity_type: 'task', entity_id: 'x', text: 'x', author_id: 'somebody' }, 400, 'invalid-body'],
  ])('is refused: %j', async (body, status, code) => {
    expect(problem(await operator.ask('POST', '/comments', body))).toEqual([status, code]);
  });

  it('of an agent that was never seen is refused', async () => {
    const said = { entity_type: 'task', entity_id: taskId, text: 'x' };
    expect(problem(await agent.ask('POST', '/agents/nobody/comments', said))).toEqual([404, 'unknown-agent']);
  });
});
