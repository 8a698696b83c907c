import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logger.ts';
import { openDatabase } from '../database/open.ts';
import { type FreshDatabase, freshDatabase } from '../testing/servers.ts';
import { CACHE_MS, createApiKey, createKeyVerifier, ensureEnvironmentKeys, listApiKeys, revokeApiKey } from './api-keys.ts';
import { createLoginLink, createLoginToken, useLoginToken } from './login-tokens.ts';
import { hasScope } from './scopes.ts';
import { loadSecret, localOperatorKey, writeOperatorKey } from './secret.ts';
import { createSession, endSession, findSession } from './sessions.ts';
import { hashToken } from './tokens.ts';

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());
beforeEach(() => fresh.database.query('truncate api_keys, login_tokens, sessions'));

describe('an API key', () => {
  it('is recognised by its hash alone', async () => {
    const { id, key } = await createApiKey(fresh.database, { name: 'probe', scopes: ['ingest'], createdBy: 'test' });
    const verifier = createKeyVerifier(fresh.database);
    expect(await verifier.verify(key)).toEqual({ id, name: 'probe', scopes: ['ingest'] });
    expect(await verifier.verify(`${key}x`)).toBeNull();
    const { rows } = await fresh.database.query<{ row: string }>('select api_keys::text as row from api_keys');
    expect(rows[0]?.row).not.toContain(key.slice(4));
  });

  it('is refused once it has expired', async () => {
    const expiresAt = new Date(Date.now() - 1_000);
    const { key } = await createApiKey(fresh.database, { name: 'old', scopes: ['read'], createdBy: 'test', expiresAt });
    expect(await createKeyVerifier(fresh.database).verify(key)).toBeNull();
  });

  it('is refused a few seconds after it was revoked', async () => {
    let now = 1_000_000;
    const { id, key } = await createApiKey(fresh.database, { name: 'gone', scopes: ['read'], createdBy: 'test' });
    const verifier = createKeyVerifier(fresh.database, { now: () => now });
    expect(await verifier.verify(key)).not.toBeNull();
    expect(await revokeApiKey(fresh.database, id)).toBe(true);
    expect(await revokeApiKey(fresh.database, id)).toBe(false);
    now += CACHE_MS;
    expect(await verifier.verify(key)).toBeNull();
    expect((await listApiKeys(fresh.database))[0]?.revokedAt).toBeInstanceOf(Date);
  });

  it('outlives a short absence of the database where it was valid lately, and no other does', async () => {
    let now = 1_000_000;
    const { key } = await createApiKey(fresh.database, { name: 'probe', scopes: ['ingest'], createdBy: 'test' });
    const logger = createLogger('test', 'silent');
    const pool = openDatabase(fresh.url, logger);
    const verifier = createKeyVerifier(pool, { now: () => now, logger });
    await verifier.verify(key);
    await verifier.verify('an unknown key that was asked for');
    await pool.end();
    now += 60_000;
    expect(await verifier.verify(key)).toMatchObject({ name: 'probe' });
    await expect(verifier.verify('a key never seen here')).rejects.toThrow();
    await expect(verifier.verify('an unknown key that was asked for')).rejects.toThrow();
    now += 10 * 60_000;
    await expect(verifier.verify(key)).rejects.toThrow();
  });

  it('with the scope admin has every scope', () => {
    expect(hasScope({ scopes: ['admin'] }, 'operate')).toBe(true);
    expect(hasScope({ scopes: ['read'] }, 'operate')).toBe(false);
  });
});

describe('the keys of the environment', () => {
  const adminKey = 'an-admin-key-of-the-environment';
  const verify = (key: string) => createKeyVerifier(fresh.database).verify(key);

  it('become an admin and an ingest key, once', async () => {
    const config = { adminKey, ingestKey: 'an-ingest-key-of-the-env' };
    await Promise.all([ensureEnvironmentKeys(fresh.database, config), ensureEnvironmentKeys(fresh.database, config)]);
    expect((await verify(adminKey))?.scopes).toEqual(['admin']);
    expect((await verify(config.ingestKey))?.scopes).toEqual(['ingest']);
    expect(await listApiKeys(fresh.database)).toHaveLength(2);
  });

  it('are replaced by another value of the variable', async () => {
    await ensureEnvironmentKeys(fresh.database, { adminKey, ingestKey: undefined });
    await ensureEnvironmentKeys(fresh.database, { adminKey: 'another-admin-key-of-the-env', ingestKey: undefined });
    expect(await verify(adminKey)).toBeNull();
    expect(await verify('another-admin-key-of-the-env')).not.toBeNull();
  });

  it('stay revoked over a restart', async () => {
    await ensureEnvironmentKeys(fresh.database, { adminKey, ingestKey: undefined });
    await revokeApiKey(fresh.database, 'env-admin');
    await ensureEnvironmentKeys(fresh.database, { adminKey, ingestKey: undefined });
    expect(await verify(adminKey)).toBeNull();
  });
});

describe('the secret of an installation', () => {
  it('is made once, for the owner alone, and gives the local operator a key', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'fleetbeat-secret-'));
    try {
      const config = { dataDir: join(dataDir, 'data'), secret: undefined };
      const secrets = await Promise.all([1, 2, 3, 4, 5].map(() => loadSecret(config)));
      expect(new Set(secrets).size).toBe(1);
      const secret = secrets[0] ?? '';
      expect((await stat(join(config.dataDir, 'secret'))).mode & 0o777).toBe(0o600);

      await writeOperatorKey(config.dataDir, secret);
      const file = join(config.dataDir, 'operator-key');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const key = (await readFile(file, 'utf8')).trim();
      expect(key).toMatch(/^fbl_/);
      const verifier = createKeyVerifier(fresh.database, { operatorKey: localOperatorKey(secret) });
      expect((await verifier.verify(key))?.scopes).toEqual(['admin']);
      expect(await createKeyVerifier(fresh.database, { operatorKey: localOperatorKey('another secret') }).verify(key)).toBeNull();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('comes from the environment where it is set there', async () => {
    expect(await loadSecret({ dataDir: '/nowhere', secret: 'from-the-environment' })).toBe('from-the-environment');
  });
});

describe('a sign-in link', () => {
  it('works once, even when it is opened twice at the same time', async () => {
    const link = await createLoginLink(fresh.database, 'https://fleet.example.com');
    const token = new URL(link).searchParams.get('token') ?? '';
    expect(link).toBe(`https://fleet.example.com/sign-in?token=${token}`);
    const answers = await Promise.all([useLoginToken(fresh.database, token), useLoginToken(fresh.database, token)]);
    expect(answers.filter((answer) => answer !== null)).toEqual([{ name: 'administrator', scopes: ['admin'] }]);
  });

  it('works for 15 minutes', async () => {
    const token = await createLoginToken(fresh.database, { name: 'guest', scopes: ['read'] });
    const { rows } = await fresh.database.query('select round(extract(epoch from expires_at - created_at)) s from login_tokens');
    expect(rows).toEqual([{ s: '900' }]);
    await fresh.database.query(`update login_tokens set expires_at = clock_timestamp() where hash = $1`, [hashToken(token)]);
    expect(await useLoginToken(fresh.database, token)).toBeNull();
  });
});

describe('a session', () => {
  const who = { name: 'administrator', scopes: ['admin'] as const };

  it('is found by its token until it ends', async () => {
    const { id, token } = await createSession(fresh.database, who, 'Firefox');
    expect(await findSession(fresh.database, token)).toEqual({ id, ...who });
    expect(await findSession(fresh.database, id)).toBeNull();
    await endSession(fresh.database, token);
    expect(await findSession(fresh.database, token)).toBeNull();
  });

  it('is over after 12 idle hours and goes on where it is used', async () => {
    const { token } = await createSession(fresh.database, who, undefined);
    const age = (hours: number) =>
      fresh.database.query(`update sessions set last_seen_at = last_seen_at - $1 * interval '1 hour'`, [hours]);
    await age(11);
    expect(await findSession(fresh.database, token)).not.toBeNull();
    await age(11);
    expect(await findSession(fresh.database, token)).not.toBeNull();
    await age(12);
    expect(await findSession(fresh.database, token)).toBeNull();
  });
});
