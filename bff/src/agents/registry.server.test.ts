import { afterAll, beforeAll, expect, it } from 'vitest';
import { agentSchema, problemSchema, type Agent, type List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { addAgent, addSource } from '../testing/fill.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
  const source = await addSource(bff.database, 'agent-events', 0, 1_000);
  for (const id of ['a', 'b']) await addAgent(bff.database, { agent_id: id, source, name: `Agent ${id}`, last_seen: 1_000 });
  await bff.database.query(`insert into agent_task_totals values ('a', 10, 3)`);
});
afterAll(() => bff.stop());

function send(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
const agent = async (response: Response): Promise<Agent> => agentSchema.parse(await response.json());
const listed = async (query = ''): Promise<string[]> =>
  ((await (await bff.get(`/agents${query}`)).json()) as List<Agent>).items.map(({ agent_id: id }) => id);

it('people name, tag, annotate and pause an agent, and it is written down', async () => {
  const said = { name: 'Anna', tags: ['night', 'night', 'gpu'], notes: 'Likes\nlong prompts', paused: true };
  expect(await agent(await send('PATCH', '/agents/a', said))).toMatchObject({
    ...said,
    tags: ['night', 'gpu'],
    total_tasks: 10,
    failed_tasks: 3,
    archived_at: null,
  });
  expect(await listed('?tag=gpu&tag=night')).toEqual(['a']);
  expect(await listed('?q=anna')).toEqual(['a']);
  expect(await agent(await send('PATCH', '/agents/a', { name: null }))).toMatchObject({ name: 'Agent a', paused: true });
  const { items } = (await (await bff.get('/audit?entity_type=agent&entity_id=a')).json()) as List<AuditEntry>;
  expect(items.map(({ changes }) => Object.keys(changes).sort())).toEqual([['name'], ['name', 'notes', 'paused', 'tags']]);
});

it('an archived agent is listed only where it is asked for', async () => {
  expect((await agent(await send('POST', '/agents/b/archive'))).archived_at).toBeGreaterThan(0);
  expect((await send('POST', '/agents/b/archive')).status).toBe(200);
  expect([await listed(), await listed('?archived=true')]).toEqual([['a'], ['b']]);
  expect((await agent(await send('POST', '/agents/b/unarchive'))).archived_at).toBeNull();
  expect(await listed()).toEqual(['a', 'b']);
  const { items } = (await (await bff.get('/audit?entity_type=agent&entity_id=b')).json()) as List<AuditEntry>;
  expect(items).toHaveLength(2);
});

it('what cannot be is refused', async () => {
  const code = async (response: Response) =>
    problemSchema
      .parse(await response.json())
      .type.split(':')
      .at(-1);
  expect(await code(await send('PATCH', '/agents/nobody', { paused: true }))).toBe('unknown-agent');
  expect(await code(await send('POST', '/agents/nobody/archive'))).toBe('unknown-agent');
  for (const body of [{}, { status: 'online' }, { tags: [''] }, { notes: 'a\u0000b' }]) {
    expect(await code(await send('PATCH', '/agents/a', body))).toBe('invalid-body');
  }
});
