import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../testing/browser.ts';
import { CLIENT, signInAs, startIdentityProvider, type IdentityProvider } from '../testing/identity-provider.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let provider: IdentityProvider;
let port: number;
let bff: TestBff | undefined;

beforeAll(async () => {
  port = await freePort();
  provider = await startIdentityProvider(`http://127.0.0.1:${port}/api/v1/auth/callback/oidc`);
});
afterAll(() => provider.stop());
afterEach(() => bff?.stop());

/** The provider must know our address before we start. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function start(env: NodeJS.ProcessEnv = {}): Promise<TestBff> {
  bff = await startTestBff({
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    OIDC_ISSUER: provider.issuer,
    OIDC_NAME: 'Example ID',
    ...CLIENT,
    ...env,
  });
  return bff;
}

async function signIn(login: string, url: string): Promise<{ browser: Browser; landed: string }> {
  const browser = new Browser(url);
  const { body } = await browser.ask('POST', '/auth/oidc');
  const landed = await signInAs(browser, login, (body as { url: string }).url, url);
  return { browser, landed: landed.slice(url.length) };
}

describe('single sign-on by an OpenID Connect provider', () => {
  const roles = { OIDC_ROLE_CLAIM: 'groups', OIDC_ROLES: 'ops=operator,admins=admin' };

  it('gives the role of the strongest group, anew at every sign-in, and refuses whoever has none', async () => {
    const { url } = await start(roles);
    expect((await new Browser(url).ask('GET', '/auth/providers')).body).toEqual({ password: true, oidc: { name: 'Example ID' } });
    const claims = { email: 'Ada@Example.com', email_verified: true, name: 'Ada' };
    provider.people.set('ada', { ...claims, groups: ['x', 'ops', 'admins'] });
    const first = await signIn('ada', url);
    expect(first.landed).toBe('/');
    expect((await first.browser.ask('GET', '/me')).body).toMatchObject({
      name: 'Ada',
      scopes: ['admin'],
      account: { email: 'ada@example.com', role: 'admin' },
    });

    provider.people.set('ada', { ...claims, groups: 'ops' });
    const second = await signIn('ada', url);
    expect((await second.browser.ask('GET', '/me')).body).toMatchObject({ account: { role: 'operator' } });

    provider.people.set('ada', { ...claims, groups: ['x'] });
    const third = await signIn('ada', url);
    expect(third.landed).toBe('/sign-in?error=no_role');
    expect((await third.browser.ask('GET', '/me')).status).toBe(401);
  });

  it('lets in nobody who is not invited, where no roles are configured', async () => {
    const { url, key } = await start();
    provider.people.set('eve', { email: 'eve@example.com', email_verified: true, name: 'Eve' });
    const refused = await signIn('eve', url);
    expect(refused.landed).toMatch(/^\/sign-in\?error=not_invited/);

    const admin = new Browser(url, { authorization: `Bearer ${key}` });
    const { body } = await admin.ask('POST', '/invitations', { email: 'eve@example.com', name: 'Eve', role: 'viewer' });
    const token = new URL((body as { url: string }).url).hash.slice(1);
    await admin.ask('POST', '/auth/password', { token, password: 'correct horse battery' });
    const { browser } = await signIn('eve', url);
    expect((await browser.ask('GET', '/me')).body).toMatchObject({ account: { role: 'viewer' } });
  });

  it('does not take over the account of an address that the provider has not verified', async () => {
    const { url, key } = await start({ OIDC_DEFAULT_ROLE: 'viewer' });
    const admin = new Browser(url, { authorization: `Bearer ${key}` });
    const { body } = await admin.ask('POST', '/invitations', { email: 'boss@example.com', name: 'Boss', role: 'admin' });
    const token = new URL((body as { url: string }).url).hash.slice(1);
    await admin.ask('POST', '/auth/password', { token, password: 'correct horse battery' });
    provider.people.set('mallory', { email: 'boss@example.com', email_verified: false, name: 'Mallory' });
    const { browser, landed } = await signIn('mallory', url);
    expect(landed).toMatch(/^\/sign-in\?error=/);
    expect((await browser.ask('GET', '/agents')).status).toBe(401);
  });

  it('takes no answer that this browser has not asked for', async () => {
    const { url } = await start({ OIDC_DEFAULT_ROLE: 'viewer' });
    for (const query of ['', '?code=x', '?code=x&state=made-up', '?error=access_denied', `?state=${'x'.repeat(5_000)}`]) {
      const answer = await new Browser(url).ask('GET', `/auth/callback/oidc${query}`);
      expect([302, 400]).toContain(answer.status);
      expect(answer.headers.get('location') ?? '/sign-in').toContain('/sign-in');
    }
  });
});
