import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLoginToken } from '@fleetbeat/infra/access/login-tokens.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff({ PUBLIC_URL: 'https://fleet.example.com', CORS_ORIGINS: 'https://ops.example.com' });
});
afterAll(() => bff.stop());

function ask(method: string, path: string, headers: Record<string, string> = {}, body?: object): Promise<Response> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(`${bff.url}/api/v1${path}`, { method, headers: { ...headers, ...type }, ...json });
}

async function signIn(): Promise<string> {
  const token = await createLoginToken(bff.database);
  const response = await ask('POST', '/session', {}, { token });
  expect(response.status).toBe(200);
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

describe('signing in', () => {
  it('exchanges a token for a cookie that scripts cannot read and other sites do not send', async () => {
    const token = await createLoginToken(bff.database, { name: 'ada', scopes: ['read'] });
    const response = await ask('POST', '/session', { origin: 'https://fleet.example.com' }, { token });
    expect(await response.json()).toEqual({ signed_in: true, name: 'ada', scopes: ['read'] });
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^fleetbeat_session=fbs_[\w-]{43};/);
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) expect(cookie).toContain(attribute);
    const session = await ask('GET', '/session', { cookie: cookie.split(';')[0] ?? '' });
    expect(await session.json()).toEqual({ signed_in: true, id: expect.any(String) as string, name: 'ada', scopes: ['read'] });
  });

  it('works once for each link, and for no other token', async () => {
    const token = await createLoginToken(bff.database);
    expect((await ask('POST', '/session', {}, { token })).status).toBe(200);
    expect((await ask('POST', '/session', {}, { token })).status).toBe(401);
    expect((await ask('POST', '/session', {}, { token: 'fbt_made_up' })).status).toBe(401);
    expect((await ask('POST', '/session', {}, { token: '' })).status).toBe(400);
    expect((await ask('POST', '/session', {}, { token: { $ne: 1 } })).status).toBe(400);
    expect((await ask('POST', '/session')).status).toBe(400);
  });

  it('is not done by fetching the link, as previews of it do', async () => {
    const token = await createLoginToken(bff.database);
    for (const method of ['GET', 'HEAD']) await fetch(`${bff.url}/sign-in?token=${token}`, { method });
    expect((await ask('POST', '/session', {}, { token })).status).toBe(200);
  });

  it('cannot be done to somebody by the page of another site', async () => {
    const token = await createLoginToken(bff.database);
    expect((await ask('POST', '/session', { origin: 'https://evil.example.com' }, { token })).status).toBe(403);
    expect((await ask('POST', '/session', { origin: 'https://fleet.example.com' }, { token })).status).toBe(200);
  });

  it('ends with signing out', async () => {
    const cookie = await signIn();
    expect((await ask('GET', '/agents', { cookie })).status).toBe(200);
    const response = await ask('DELETE', '/session', { cookie, origin: 'https://fleet.example.com' });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('1970')]);
    expect((await ask('GET', '/agents', { cookie })).status).toBe(401);
    expect(await (await ask('GET', '/session', { cookie })).json()).toEqual({
      signed_in: false,
      id: null,
      name: null,
      scopes: [],
    });
  });
});

describe('a change with a session', () => {
  it.each([
    ['our own page', { origin: 'https://fleet.example.com' }, 201],
    ['a configured page', { origin: 'https://ops.example.com' }, 201],
    ['a browser that names no origin but says it is the same', { 'sec-fetch-site': 'same-origin' }, 201],
    ['the page of another site', { origin: 'https://evil.example.com' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['a browser that comes from another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['nobody knows where', {}, 403],
  ])('from %s', async (_name, headers, status) => {
    const cookie = await signIn();
    expect((await ask('POST', '/tickets', { cookie, ...headers })).status).toBe(status);
  });

  it('by a key needs no origin', async () => {
    expect((await ask('POST', '/tickets', { authorization: `Bearer ${bff.key}` })).status).toBe(201);
    const foreign = { authorization: `Bearer ${bff.key}`, origin: 'https://evil.example.com' };
    expect((await ask('POST', '/tickets', foreign)).status).toBe(201);
  });
});

describe('other origins', () => {
  it('may read where they are configured, and only there', async () => {
    const preflight = await ask('OPTIONS', '/agents', {
      origin: 'https://ops.example.com',
      'access-control-request-method': 'GET',
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, 'https://ops.example.com']);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const foreign = await ask('GET', '/session', { origin: 'https://evil.example.com' });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    expect(foreign.headers.get('vary')).toContain('Origin');
  });
});

describe('a ticket', () => {
  it('is no key', async () => {
    const response = await ask('POST', '/tickets', { authorization: `Bearer ${bff.key}` });
    const { ticket, expires_at: expiresAt } = (await response.json()) as { ticket: string; expires_at: number };
    expect(Math.abs(expiresAt - Date.now() - 30_000)).toBeLessThan(5_000);
    expect((await ask('GET', '/agents', { authorization: `Bearer ${ticket}` })).status).toBe(401);
    expect((await fetch(`${bff.url}/api/v1/agents?ticket=${ticket}`)).status).toBe(401);
  });
});
