import { afterAll, beforeAll, expect, it } from 'vitest';
import type { List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${bff.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${bff.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.status, text).toBeLessThan(300);
  return (text === '' ? null : JSON.parse(text)) as T;
}
/** The newest entry of each thing: its kind, what it is called and whether it is there. */
async function named(query = ''): Promise<[string, string | null, boolean][]> {
  const { items } = await ask<List<AuditEntry>>('GET', `/audit?limit=200${query}`);
  const newest = new Map(items.toReversed().map((entry) => [`${entry.entity_type}/${entry.entity_id}`, entry]));
  return [...newest.values()].map((entry) => [entry.entity_type, entry.entity_name, entry.entity_exists]);
}

const RULE = {
  kind: 'threshold',
  watch: { set: 'agent', keys: ['a'] },
  measure: 'error_rate',
  window: '5m',
  error: { threshold: 0.3 },
};

it('calls things by the name they have now, and by the one they had where they are gone', async () => {
  const rule = await ask<{ id: string }>('POST', '/rules', { ...RULE, name: 'Too many errors' });
  const gone = await ask<{ id: string }>('POST', '/rules', { ...RULE, name: 'Errors of old' });
  await ask('DELETE', `/rules/${gone.id}`);
  const dashboard = await ask<{ id: string }>('POST', '/dashboards', { name: 'Night', panels: [] });
  await ask('DELETE', `/dashboards/${dashboard.id}`);
  const task = await ask<{ task_id: string }>('POST', '/tasks', { name: 'Index it' });
  const mark = await ask<{ id: number }>('POST', '/annotations', { text: 'Deploy 1.9' });
  await ask('DELETE', `/annotations/${mark.id}`);
  await bff.database.query(`insert into sources (topic, partition, clock_ms) values ('agent-events', 0, 1)`);
  await bff.database.query(
    `insert into agents (agent_id, source, status, first_seen, last_seen) select id, 1, 'online', 0, 1 from unnest('{a,b}'::text[]) as id`,
  );
  await ask('PATCH', '/agents/a', { name: 'Billing' });
  await ask('PATCH', '/agents/b', { name: 'Sales' });
  // It has no name any more, though its entries do.
  await ask('PATCH', '/agents/b', { name: null });

  expect(await named()).toEqual([
    ['rule', 'Too many errors', true],
    ['rule', 'Errors of old', false],
    ['dashboard', 'Night', false],
    ['task', 'Index it', true],
    ['annotation', 'Deploy 1.9', false],
    ['agent', 'Billing', true],
    ['agent', null, true],
  ]);
  await bff.database.query(`update alert_rules set definition = jsonb_set(definition, '{name}', '"Renamed"') where id = $1`, [
    rule.id,
  ]);
  expect(await named(`&entity_id=${rule.id}`)).toEqual([['rule', 'Renamed', true]]);
  await ask('DELETE', `/tasks/${task.task_id}`);
  expect(await named('&entity_type=task')).toEqual([['task', 'Index it', false]]);
});

it('has no name for what nobody knows one of, whatever its id', async () => {
  const kinds = ['alert', 'comment', 'incident', 'delivery', 'host', 'silence', 'user', 'recompute', 'no such kind'];
  const ids = ['99999999999999999999', 'x', "'; drop table tasks; --", '7'];
  await bff.database.query(
    `insert into audit_logs (entity_type, entity_id, action, actor_id, actor_type, changes)
     select kind, id, 'updated', 'nobody', 'system', '{}' from unnest($1::text[]) kind, unnest($2::text[]) id`,
    [kinds, ids],
  );
  const found = await named('&actor_id=nobody');
  expect(found).toHaveLength(kinds.length * ids.length);
  expect(found.filter(([, name, exists]) => name !== null || exists)).toEqual([]);
});
