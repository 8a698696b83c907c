import { afterAll, beforeAll, expect, it } from 'vitest';
import { CACHE_MS, createKeyVerifier } from '@fleetbeat/infra/access/api-keys.ts';
import { Browser } from '../testing/browser.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());

interface Key {
  id: string;
  key: string;
  prefix: string;
  last_used_at: number | null;
}

function admin(method: string, path: string, body?: object) {
  return new Browser(bff.url).ask(method, path, body, { authorization: `Bearer ${bff.key}` });
}

async function makeKey(scopes: string[], more: object = {}): Promise<Key> {
  const made = await admin('POST', '/keys', { name: 'probe', scopes, ...more });
  expect(made.status).toBe(201);
  return made.body as Key;
}

/** As another process that has not seen the key yet. */
const verify = (key: string, now = Date.now()) => createKeyVerifier(bff.database, { now: () => now }).verify(key);

it('a key is shown once, and listed by how it begins', async () => {
  const made = await makeKey(['read', 'ingest', 'read']);
  expect(made.key).toMatch(/^fbk_[\w-]{43}$/);
  const { body } = await admin('GET', '/keys?limit=1');
  expect(JSON.stringify(body)).not.toContain(made.key);
  expect(body).toMatchObject({
    items: [{ id: made.id, prefix: made.key.slice(0, 8), scopes: ['read', 'ingest'], last_used_at: null, revoked_at: null }],
    next_cursor: expect.any(String),
  });
  expect(await verify(made.key)).toMatchObject({ id: made.id, scopes: ['ingest', 'read'] });
});

it('its use is known to within a minute, and written down once in it', async () => {
  const { id, key } = await makeKey(['read']);
  const used = async () =>
    ((await admin('GET', '/keys')).body as { items: Key[] }).items.find((each) => each.id === id)?.last_used_at;
  await verify(key);
  const first = await used();
  expect(Math.abs((first ?? 0) - Date.now())).toBeLessThan(10_000);
  await verify(key);
  expect(await used()).toBe(first);
  await bff.database.query(`update api_keys set last_used_at = last_used_at - interval '1 minute' where id = $1`, [id]);
  await verify(key);
  expect(await used()).toBeGreaterThanOrEqual(first ?? Infinity);
});

it('a rotated key works beside its successor for a while', async () => {
  const old = await makeKey(['read']);
  const rotated = await admin('POST', `/keys/${old.id}/rotate`, { grace_seconds: 60 });
  expect(rotated.body).toMatchObject({ id: old.id, previous_expires_at: expect.any(Number) });
  const { key } = rotated.body as Key;
  expect(await verify(old.key)).toEqual(await verify(key));
  await bff.database.query(`update api_keys set previous_expires_at = clock_timestamp() where id = $1`, [old.id]);
  expect([await verify(old.key), (await verify(key))?.id]).toEqual([null, old.id]);
});

it('a revoked key is refused everywhere within seconds, with what it replaced', async () => {
  const old = await makeKey(['read']);
  const { key } = (await admin('POST', `/keys/${old.id}/rotate`, {})).body as Key;
  let now = Date.now();
  const verifier = createKeyVerifier(bff.database, { now: () => now });
  expect((await verifier.verify(old.key))?.id).toBe(old.id);
  expect((await admin('DELETE', `/keys/${old.id}`)).status).toBe(204);
  now += CACHE_MS;
  expect([await verifier.verify(old.key), await verifier.verify(key)]).toEqual([null, null]);
  expect((await admin('DELETE', `/keys/${old.id}`)).code).toBe('key-revoked');
  expect((await admin('POST', `/keys/${old.id}/rotate`, {})).code).toBe('key-revoked');
});

it('what cannot be a key is refused, and what is done is written down without the key', async () => {
  const code = async (body: object) => (await admin('POST', '/keys', body)).code;
  expect(await code({ name: 'x', scopes: [] })).toBe('invalid-body');
  expect(await code({ name: 'x', scopes: ['root'] })).toBe('invalid-body');
  expect(await code({ name: 'a\u0000b', scopes: ['read'] })).toBe('invalid-body');
  expect(await code({ name: 'x', scopes: ['read'], expires_at: 1 })).toBe('invalid-body');
  expect(await code({ name: 'x', scopes: ['read'], hash: 'x' })).toBe('invalid-body');
  expect((await admin('POST', '/keys/nothing/rotate', {})).code).toBe('unknown-key');
  const { id, key } = await makeKey(['admin'], { expires_at: Date.now() + 60_000 });
  const { body } = await admin('GET', `/audit?entity_type=key&entity_id=${id}`);
  expect(body).toMatchObject({ items: [{ action: 'created', changes: { scopes: { before: null, after: ['admin'] } } }] });
  expect(JSON.stringify(body)).not.toContain(key);
  await bff.database.query(`update api_keys set expires_at = clock_timestamp() where id = $1`, [id]);
  expect(await verify(key)).toBeNull();
});
