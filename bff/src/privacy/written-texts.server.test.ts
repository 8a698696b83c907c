import { afterAll, beforeAll, expect, it } from 'vitest';
import { NO_REDACTION, type RedactionSettings } from '@fleetbeat/contracts/redaction.ts';
import { everythingStored } from '../testing/everything-stored.ts';
import { Browser } from '../testing/browser.ts';
import { addAgent, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
let admin: Browser;
beforeAll(async () => {
  bff = await startTestBff();
  admin = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
  await addAgent(bff.database, { agent_id: 'a', source: await addSource(bff.database, 'agent-events', 0, 1), last_seen: 1 });
});
afterAll(() => bff.stop());

type Written = Readonly<Record<string, unknown>>;

/** Settings reach a process within a second or two. */
async function switchOn(settings: Partial<RedactionSettings>, probe: object, expected: Written): Promise<void> {
  const put = await admin.ask('PUT', '/redaction', { ...NO_REDACTION, enabled: true, ...settings }, { 'if-match': '*' });
  expect(put.status).toBe(200);
  const probed = async () => (await admin.ask('POST', '/annotations', probe)).body;
  await expect.poll(probed, { timeout: 10_000 }).toMatchObject(expected);
}

async function write(method: string, path: string, body: object, headers: Record<string, string> = {}): Promise<Written> {
  const { status, body: answer } = await admin.ask(method, path, body, method === 'POST' ? headers : { 'if-match': '*' });
  expect([path, status, answer]).toEqual([path, expect.toBeOneOf([200, 201]), expect.anything()]);
  return answer as Written;
}

it('is redacted, and nowhere kept as it was: not in tables, the audit log, notifications, or what a retry is answered', async () => {
  await switchOn({}, { text: 'probe@x.com' }, { text: '[email]' });
  const said = 'write to jane.planted@x.com';
  const heard = 'write to [email]';
  const texts = {
    name: said,
    description: said,
    error: said,
    result: { to: [said, { 'jane.planted@x.com': 1 }], password: 'x' },
  };
  const keyed = { 'idempotency-key': 'one' };
  const first = await write('POST', '/tasks', { task_id: 't1', ...texts }, keyed);
  expect(first).toMatchObject({
    ...{ task_id: 't1', name: heard, description: heard, error: heard },
    result: { to: [heard, { '[email]': 1 }], password: '[redacted]' },
  });
  expect(await write('POST', '/tasks', { task_id: 't1', ...texts }, keyed)).toEqual(first);
  await write('PATCH', '/tasks/t1', { description: `${said} soon` });
  await write('PATCH', '/tasks/t1', { status: 'in_progress' });
  await write('PUT', '/tasks/t1', { ...texts, status: 'failed' });
  const comment = await write('POST', '/comments', { entity_type: 'task', entity_id: 't1', text: said });
  expect(comment['text']).toBe(heard);
  await write('PATCH', `/comments/${String(comment['id'])}`, { text: `${said} again` });
  await write('POST', '/agents/a/comments', { entity_type: 'task', entity_id: 't1', text: said });
  const suggested = { agent_id: 'a', action: said, reasoning: said, confidence: 0.5, task_id: 't1' };
  const suggestion = await write('POST', '/suggestions', suggested);
  expect(suggestion).toMatchObject({ action: heard, reasoning: heard });
  await write('POST', `/suggestions/${String(suggestion['id'])}/reject`, { reason: said });
  await write('PUT', '/suggestions/auto-approve', { agent_id: 'a', action: said, enabled: false, threshold: 1 });
  const tasks = [{ key: 'k', name: said, description: said }];
  await write('POST', '/workflows', { workflow_id: 'w1', name: said, description: said, tasks });
  await write('PATCH', '/workflows/w1', { description: `${said} now` });
  const template = await write('POST', '/workflow-templates', { name: said, tasks });
  expect(template).toMatchObject({ name: heard, tasks: [{ key: 'k', name: heard, description: heard }] });
  await write('POST', `/workflow-templates/${String(template['template_id'])}/runs`, { name: said });
  await write('PATCH', '/agents/a', { notes: said, name: said });
  await write('POST', '/annotations', { text: said });
  for (const name of ['error', 'result'] as const) {
    await write('POST', '/tasks', { task_id: name, name: 'open' });
    const { items } = (await write('POST', '/agents/a/tasks/claim', {})) as { items?: { task: Written; lease: Written }[] };
    const [claimed] = items ?? [];
    const end = name === 'error' ? { error: said, retry: false } : { result: said };
    const path = `/agents/a/tasks/${String(claimed?.task['task_id'])}/${name === 'error' ? 'fail' : 'complete'}`;
    expect((await write('POST', path, { ...end, lease_token: claimed?.lease['lease_token'] }))[name]).toBe(heard);
  }
  const stored = await everythingStored(bff.database);
  expect(stored).toContain(heard);
  expect(stored).not.toContain('planted');
});

it('is looked at and left out by the names of its fields, and leaves a mark where a text must be', async () => {
  await switchOn({ fields: ['description'], drop: ['text', 'result'] }, { text: 'anything' }, { text: '[redacted]' });
  const mail = 'jane@x.com';
  expect(await write('POST', '/tasks', { name: mail, description: mail, error: null, result: { any: 1 } })).toMatchObject({
    ...{ name: mail, description: '[email]', error: null, result: null },
  });
});

it('is as it came while redaction is off', async () => {
  await switchOn({ enabled: false }, { text: 'jane@x.com' }, { text: 'jane@x.com' });
});
