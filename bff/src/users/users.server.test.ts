import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLoginToken } from '@fleetbeat/infra/access/login-tokens.ts';
import { Browser } from '../testing/browser.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

let bff: TestBff;
beforeAll(async () => {
  bff = await startTestBff();
});
afterAll(() => bff.stop());

const PASSWORD = 'correct horse battery';

function admin(method: string, path: string, body?: object) {
  return new Browser(bff.url).ask(method, path, body, { authorization: `Bearer ${bff.key}` });
}

function tokenOf(link: unknown): string {
  return new URL((link as { url: string }).url).hash.slice(1);
}

/** An account, made by invitation, and a browser that is signed in with it. */
async function join(email: string, role: 'viewer' | 'operator' | 'admin'): Promise<Browser> {
  const invited = await admin('POST', '/invitations', { email, name: 'Ada', role });
  expect(invited.status).toBe(201);
  const browser = new Browser(bff.url);
  const set = await browser.ask('POST', '/auth/password', { token: tokenOf(invited.body), password: PASSWORD });
  expect([set.status, set.body]).toEqual([200, { email }]);
  expect((await browser.signIn(email, PASSWORD)).body).toEqual({ signed_in: true, second_factor: false });
  return browser;
}

async function userId(email: string): Promise<string> {
  const { body } = await admin('GET', `/users?q=${encodeURIComponent(email)}`);
  return (body as { items: { id: string }[] }).items[0]?.id ?? '';
}

describe('an invitation', () => {
  it('leads to an account of its role, once', async () => {
    const invited = await admin('POST', '/invitations', { email: 'Grace@Example.com ', name: 'Grace', role: 'operator' });
    const listed = (await admin('GET', '/invitations')).body as { items: object[] };
    expect(listed.items).toMatchObject([{ email: 'grace@example.com', role: 'operator' }]);
    const browser = new Browser(bff.url);
    const token = tokenOf(invited.body);
    const answers = await Promise.all([1, 2].map(() => browser.ask('POST', '/auth/password', { token, password: PASSWORD })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    await browser.signIn('grace@example.com', PASSWORD);
    expect((await browser.ask('GET', '/me')).body).toMatchObject({
      name: 'Grace',
      scopes: ['read', 'operate'],
      by: 'session',
      account: { email: 'grace@example.com', role: 'operator', two_factor_enabled: false },
    });
    expect((await admin('GET', '/invitations')).body).toEqual({ items: [] });
    expect((await admin('POST', '/invitations', { email: 'grace@example.com', name: 'G', role: 'admin' })).code).toBe(
      'user-exists',
    );
  });

  it('makes somebody whom everybody can name, and no more', async () => {
    const viewer = await join('hopper@example.com', 'viewer');
    const { status, body } = await viewer.ask('GET', '/people?q=hopper');
    expect([status, body]).toEqual([
      200,
      {
        items: [{ id: await userId('hopper@example.com'), name: 'Ada', email: 'hopper@example.com', disabled: false }],
        next_cursor: null,
      },
    ]);
  });

  it('is replaced by another of the same address, and can be withdrawn', async () => {
    const first = await admin('POST', '/invitations', { email: 'x@example.com', name: 'X', role: 'viewer' });
    const second = await admin('POST', '/invitations', { email: 'x@example.com', name: 'X', role: 'viewer' });
    const browser = new Browser(bff.url);
    const use = (link: unknown) => browser.ask('POST', '/auth/password', { token: tokenOf(link), password: PASSWORD });
    expect((await use(first.body)).code).toBe('invalid-token');
    expect((await admin('DELETE', '/invitations/x@example.com')).status).toBe(204);
    expect((await use(second.body)).code).toBe('invalid-token');
    expect((await admin('DELETE', '/invitations/x@example.com')).code).toBe('unknown-invitation');
  });

  it('works for 7 days', async () => {
    const invited = await admin('POST', '/invitations', { email: 'late@example.com', name: 'L', role: 'viewer' });
    await bff.database.query(`update password_links set expires_at = clock_timestamp() where email = 'late@example.com'`);
    const answer = await new Browser(bff.url).ask('POST', '/auth/password', { token: tokenOf(invited.body), password: PASSWORD });
    expect(answer.code).toBe('invalid-token');
  });
});

describe('signing in', () => {
  it('gives a cookie that scripts cannot read, and no word about who there is', async () => {
    const browser = await join('cookie@example.com', 'viewer');
    expect(browser.setCookies.join()).toMatch(/fleetbeat\.session_token=[^;]+;[^,]*HttpOnly; SameSite=Lax/);
    const stranger = new Browser(bff.url);
    const wrong = await stranger.signIn('cookie@example.com', 'wrong password');
    const nobody = await stranger.signIn('nobody@example.com', 'wrong password');
    expect([wrong.status, wrong.code, wrong.problem?.detail]).toEqual([nobody.status, nobody.code, nobody.problem?.detail]);
    expect([wrong.status, wrong.code]).toEqual([401, 'invalid-email-or-password']);
  });

  it('ends with signing out, on the server too', async () => {
    const browser = await join('out@example.com', 'viewer');
    const stolen = browser.copy();
    expect((await browser.ask('DELETE', '/session')).status).toBe(204);
    expect((await browser.ask('GET', '/agents')).status).toBe(401);
    expect((await stolen.ask('GET', '/agents')).status).toBe(401);
  });

  it('cannot be done to somebody by the page of another site, nor can a change', async () => {
    const browser = await join('csrf@example.com', 'admin');
    const foreign = { origin: 'https://evil.example.com' };
    const body = { email: 'csrf@example.com', password: PASSWORD };
    expect((await new Browser(bff.url).ask('POST', '/auth/sign-in', body, foreign)).code).toBe('foreign-origin');
    expect((await browser.ask('POST', '/invitations', { email: 'a@b.cc', name: 'A', role: 'admin' }, foreign)).code).toBe(
      'foreign-origin',
    );
  });

  it('ends what a sign-in link began in the browser', async () => {
    await join('both@example.com', 'viewer');
    const browser = new Browser(bff.url);
    await browser.ask('POST', '/session', { token: await createLoginToken(bff.database) });
    expect((await browser.ask('GET', '/me')).body).toMatchObject({ name: 'administrator', account: null });
    await browser.signIn('both@example.com', PASSWORD);
    expect((await browser.ask('GET', '/me')).body).toMatchObject({ scopes: ['read'], account: { role: 'viewer' } });
  });

  it('is refused after ten wrong passwords, whatever the eleventh is, and for that address alone', async () => {
    await join('guess@example.com', 'viewer');
    await join('other@example.com', 'viewer');
    const guesser = new Browser(bff.url);
    const answers = await Promise.all(Array.from({ length: 12 }, () => guesser.signIn('guess@example.com', 'a wrong password')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = await guesser.signIn('guess@example.com', PASSWORD);
    expect([refused.status, refused.code]).toEqual([429, 'too-many-attempts']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await guesser.signIn('other@example.com', PASSWORD)).status).toBe(200);
  });

  it('refuses what cannot be right, and tells what', async () => {
    const browser = new Browser(bff.url);
    const codes = [];
    for (const body of [
      {},
      { email: 'x' },
      { email: "' or 1=1 --", password: 'x' },
      { email: 'a@b.cc', password: 'x'.repeat(129) },
    ]) {
      codes.push((await browser.ask('POST', '/auth/sign-in', body)).code);
    }
    expect(new Set(codes)).toEqual(new Set(['invalid-body']));
    expect((await browser.ask('POST', '/auth/password', { token: 'fbt_x', password: 'short' })).code).toBe('invalid-body');
    expect((await browser.ask('POST', '/auth/second-factor', { code: '123456' })).code).toBe('invalid-two-factor-cookie');
    expect((await browser.ask('POST', '/auth/oidc')).code).toBe('no-identity-provider');
    expect((await browser.ask('GET', '/auth/get-session')).code).toBe('unknown-path');
    expect((await browser.ask('POST', '/auth/sign-up/email', { email: 'a@b.cc', password: PASSWORD })).code).toBe('unknown-path');
  });
});

describe('a session', () => {
  it('is listed, and can be ended from elsewhere', async () => {
    const first = await join('sessions@example.com', 'viewer');
    const second = new Browser(bff.url);
    await second.signIn('sessions@example.com', PASSWORD);
    const { items } = (await first.ask('GET', '/me/sessions')).body as { items: { id: string; current: boolean }[] };
    expect(items.map(({ current }) => current).sort()).toEqual([false, true]);
    const other = items.find(({ current }) => !current)?.id ?? '';
    expect((await first.ask('DELETE', `/me/sessions/${other}`)).status).toBe(204);
    expect((await second.ask('GET', '/agents')).status).toBe(401);
    expect((await first.ask('DELETE', `/me/sessions/${other}`)).code).toBe('unknown-session');
    expect((await first.ask('GET', '/agents')).status).toBe(200);
  });

  it('is over after 12 hours without a request, and is kept by one', async () => {
    const browser = await join('idle@example.com', 'viewer');
    const age = (hours: number) =>
      bff.database.query(`update user_sessions set updated_at = updated_at - $1 * interval '1 hour'`, [hours]);
    for (const [hours, status] of [
      [11, 200],
      [11, 200],
      [13, 401],
    ] as const) {
      await age(hours);
      expect([hours, (await browser.ask('GET', '/agents')).status]).toEqual([hours, status]);
    }
  });

  it('cannot be made up', async () => {
    const browser = await join('forged@example.com', 'viewer');
    browser.tamper((cookie) => cookie.replace(/.{4}$/, 'AAAA'));
    expect((await browser.ask('GET', '/agents')).status).toBe(401);
  });
});

describe('an administrator', () => {
  it('changes a role at once, and not their own', async () => {
    const browser = await join('role@example.com', 'viewer');
    const id = await userId('role@example.com');
    expect((await browser.ask('GET', '/users')).code).toBe('missing-scope');
    expect((await admin('PATCH', `/users/${id}`, { role: 'admin' })).body).toMatchObject({ role: 'admin' });
    expect((await browser.ask('GET', '/users')).status).toBe(200);
    expect((await browser.ask('PATCH', `/users/${id}`, { role: 'viewer' })).code).toBe('yourself');
    expect((await browser.ask('DELETE', `/users/${id}`)).code).toBe('yourself');
    expect((await admin('PATCH', `/users/${id}`, {})).code).toBe('invalid-body');
    expect((await admin('PATCH', '/users/nobody', { role: 'admin' })).code).toBe('unknown-user');
  });

  it('disables somebody, who is signed out and cannot sign in, until enabled again', async () => {
    const browser = await join('off@example.com', 'viewer');
    const id = await userId('off@example.com');
    expect((await admin('PATCH', `/users/${id}`, { disabled: true })).body).toMatchObject({ disabled_at: expect.any(Number) });
    expect((await browser.ask('GET', '/agents')).status).toBe(401);
    expect((await browser.signIn('off@example.com', PASSWORD)).status).toBe(403);
    await admin('PATCH', `/users/${id}`, { disabled: false });
    expect((await browser.signIn('off@example.com', PASSWORD)).status).toBe(200);
  });

  it('makes a link for a forgotten password, which signs out everywhere', async () => {
    const browser = await join('forgot@example.com', 'viewer');
    const link = await admin('POST', `/users/${await userId('forgot@example.com')}/password-link`);
    expect(
      (await browser.ask('POST', '/auth/password', { token: tokenOf(link.body), password: 'another password' })).status,
    ).toBe(200);
    expect((await browser.ask('GET', '/agents')).status).toBe(401);
    expect((await browser.signIn('forgot@example.com', PASSWORD)).status).toBe(401);
    expect((await browser.signIn('forgot@example.com', 'another password')).status).toBe(200);
  });

  it('deletes an account with everything of it, and what was done is written down', async () => {
    const browser = await join('gone@example.com', 'viewer');
    const id = await userId('gone@example.com');
    expect((await admin('DELETE', `/users/${id}`)).status).toBe(204);
    expect((await browser.ask('GET', '/agents')).status).toBe(401);
    expect((await browser.signIn('gone@example.com', PASSWORD)).status).toBe(401);
    const { body } = await admin('GET', `/audit?entity_type=user&entity_id=${id}`);
    expect((body as { items: object[] }).items).toMatchObject([
      { action: 'deleted', actor_type: 'api_key', changes: { email: { before: 'gone@example.com', after: null } } },
      { action: 'created', actor_id: 'gone@example.com' },
    ]);
    const { rows } = await bff.database.query('select from user_accounts where user_id = $1', [id]);
    expect(rows).toEqual([]);
  });
});

describe('a second factor', () => {
  it('is asked for after the password, from its first code on; backup codes work once; an administrator ends it', async () => {
    const email = 'totp@example.com';
    const browser = await join(email, 'viewer');
    expect((await browser.ask('POST', '/me/second-factor', { password: 'wrong password' })).code).toBe('invalid-password');
    const begun = (await browser.ask('POST', '/me/second-factor', { password: PASSWORD })).body as {
      totp_uri: string;
      backup_codes: string[];
    };
    const secret = new URL(begun.totp_uri).searchParams.get('secret') ?? '';
    expect((await new Browser(bff.url).signIn(email, PASSWORD)).body).toMatchObject({ signed_in: true });
    expect((await browser.ask('POST', '/me/second-factor/confirm', { code: '000000' })).code).toBe('invalid-code');
    expect((await browser.ask('POST', '/me/second-factor/confirm', { code: totp(secret) })).status).toBe(204);

    const other = new Browser(bff.url);
    expect((await other.signIn(email, PASSWORD)).body).toEqual({ signed_in: false, second_factor: true });
    expect((await other.ask('GET', '/agents')).status).toBe(401);
    expect((await other.ask('POST', '/auth/second-factor', { code: '000000' })).code).toBe('invalid-code');
    expect((await other.ask('POST', '/auth/second-factor', { code: totp(secret) })).body).toMatchObject({ signed_in: true });
    expect((await other.ask('GET', '/agents')).status).toBe(200);

    const code = begun.backup_codes[0] ?? '';
    const third = new Browser(bff.url);
    await third.signIn(email, PASSWORD);
    expect((await third.ask('POST', '/auth/second-factor', { code, backup: true })).status).toBe(200);
    await third.signIn(email, PASSWORD);
    expect((await third.ask('POST', '/auth/second-factor', { code, backup: true })).code).toBe('invalid-backup-code');

    await admin('PATCH', `/users/${await userId(email)}`, { two_factor_enabled: false });
    expect((await new Browser(bff.url).signIn(email, PASSWORD)).body).toMatchObject({ signed_in: true });
  });
});

describe('the own account', () => {
  it('changes its password, which signs out everywhere else', async () => {
    const browser = await join('own@example.com', 'viewer');
    const other = new Browser(bff.url);
    await other.signIn('own@example.com', PASSWORD);
    const change = (current: string) =>
      browser.ask('POST', '/me/password', { current_password: current, new_password: 'a new password' });
    expect((await change('wrong password')).code).toBe('invalid-password');
    expect((await change(PASSWORD)).status).toBe(204);
    expect((await browser.ask('GET', '/agents')).status).toBe(200);
    expect((await other.ask('GET', '/agents')).status).toBe(401);
    expect((await browser.ask('PATCH', '/me', { name: ' Ada Lovelace ' })).body).toMatchObject({ name: 'Ada Lovelace' });
  });

  it('is nothing that a key has', async () => {
    expect((await admin('GET', '/me')).body).toMatchObject({ scopes: ['admin'], by: 'key', account: null });
    expect((await admin('GET', '/me/sessions')).code).toBe('no-account');
    expect((await new Browser(bff.url).ask('GET', '/me')).code).toBe('not-signed-in');
  });
});

/** RFC 6238 with the parameters that authenticator apps take for granted. */
function totp(base32: string): string {
  const bits = [...base32.replaceAll('=', '')].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}
