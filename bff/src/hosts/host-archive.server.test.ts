import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemSchema, type Host, type List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { addHost } from '../testing/fill.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
  await bff.database.query(`insert into sources (topic, partition, clock_ms) values ('host-events', 0, 5000)`);
  await addHost(bff.database, 'h1', 1, 4_000);
  await addHost(bff.database, 'h2', 1, 4_000);
});
afterAll(() => bff.stop());

async function ask<T>(method: string, path: string, key = bff.key): Promise<{ status: number; body: T }> {
  const response = await fetch(`${bff.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: (await response.json()) as T };
}
const listed = async (query = '') => (await ask<List<Host>>('GET', `/hosts${query}`)).body.items.map(({ host_id: id }) => id);

it('an archived host is listed only where it is asked for, and keeps its page', async () => {
  const { body: archived } = await ask<Host>('POST', '/hosts/h1/archive');
  expect(archived.archived_at).toBeGreaterThan(0);
  expect((await ask<Host>('POST', '/hosts/h1/archive')).body).toEqual(archived);
  expect([await listed(), await listed('?archived=true')]).toEqual([['h2'], ['h1']]);
  expect((await ask<Host>('GET', '/hosts/h1')).body).toEqual(archived);
  expect((await ask('GET', '/hosts/h1/metrics')).status).toBe(200);
  expect((await ask<Host>('POST', '/hosts/h1/unarchive')).body.archived_at).toBeNull();
  expect([await listed(), await listed('?archived=true')]).toEqual([['h1', 'h2'], []]);
  const { items } = (await ask<List<AuditEntry>>('GET', '/audit?entity_type=host')).body;
  expect(items.map(({ entity_id: id, entity_name: name, changes }) => [id, name, Object.keys(changes)])).toEqual([
    ['h1', 'h1.example', ['archived_at']],
    ['h1', 'h1.example', ['archived_at']],
  ]);
});

it('what cannot be is refused', async () => {
  const code = async (method: string, path: string, key?: string) => {
    const { status, body } = await ask(method, path, key);
    return `${status} ${problemSchema.parse(body).type.split(':').at(-1)}`;
  };
  expect(await code('GET', '/hosts/nobody')).toBe('404 unknown-host');
  expect(await code('POST', '/hosts/nobody/archive')).toBe('404 unknown-host');
  expect(await code('POST', '/hosts/h1/archive', await bff.makeKey(['read']))).toMatch(/^403 /);
});
