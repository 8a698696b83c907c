import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNELS } from '@fleetbeat/contracts/live.ts';
import { AUDIENCE, startJwtIssuer, type JwtIssuer } from '@fleetbeat/infra/testing/jwt-issuer.ts';
import { Browser } from '../testing/browser.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { CHANNEL_ACCESS, OF_ACCOUNTS, ROUTES, SOCKET_REQUESTS, type Outcome } from './access-table.ts';

const ROLES = ['viewer', 'operator', 'admin'] as const;
const PASSWORD = 'correct horse battery';

let issuer: JwtIssuer;
let bff: TestBff;
/** In the order of the table's columns; people by session. */
let callers: Browser[];
/** Keys with what the roles may do, and tokens of an issuer. */
const keys = new Map<string, string>();
const tokens = new Map<string, string>();

beforeAll(async () => {
  issuer = await startJwtIssuer();
  bff = await startTestBff({
    JWT_ISSUER: issuer.issuer,
    JWT_AUDIENCE: AUDIENCE,
    JWT_JWKS_URL: issuer.jwksUrl,
    JWT_SCOPES: 'fleet.ingest=ingest,fleet.read=read,fleet.operate=operate,fleet.admin=admin',
  });
  const ingest = await bff.makeKey(['ingest']);
  const people = await Promise.all(ROLES.map(signIn));
  callers = [new Browser(bff.url), new Browser(bff.url, { authorization: `Bearer ${ingest}` }), ...people];
  keys.set('viewer', await bff.makeKey(['read']));
  keys.set('operator', await bff.makeKey(['read', 'operate']));
  keys.set('admin', await bff.makeKey(['admin']));
  const exp = Math.floor(Date.now() / 1_000) + 600;
  tokens.set('ingest', await issuer.sign({ exp, scope: 'fleet.ingest' }));
  tokens.set('viewer', await issuer.sign({ exp, scope: 'fleet.read' }));
  tokens.set('operator', await issuer.sign({ exp, scope: 'fleet.read fleet.operate' }));
  tokens.set('admin', await issuer.sign({ exp, scope: ['fleet.admin'] }));
});
afterAll(async () => {
  await bff.stop();
  await issuer.stop();
});

async function signIn(role: (typeof ROLES)[number]): Promise<Browser> {
  const email = `${role}@example.com`;
  const admin = new Browser(bff.url, { authorization: `Bearer ${bff.key}` });
  const { body } = await admin.ask('POST', '/invitations', { email, name: role, role });
  const token = new URL((body as { url: string }).url).hash.slice(1);
  const browser = new Browser(bff.url);
  await browser.ask('POST', '/auth/password', { token, password: PASSWORD });
  expect((await browser.signIn(email, PASSWORD)).status).toBe(200);
  return browser;
}

async function ask(browser: Browser, route: string): Promise<Outcome> {
  const [method = '', path = ''] = route.split(' ');
  const body = ['post', 'put', 'patch'].includes(method) ? {} : undefined;
  const { status, code } = await browser.ask(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'nothing-1'), body);
  if (status === 401 && code === 'not-signed-in') return 401;
  if (status === 403 && (code === 'missing-scope' || code === 'no-account')) return 403;
  // Signing in with nothing is a bad request; only a denial is one here.
  expect([route, status, code]).not.toEqual([route, 401, expect.anything()]);
  expect([route, status]).not.toEqual([route, 403]);
  expect([route, status < 500 || status === 503]).toEqual([route, true]);
  return 'in';
}

describe('every route', () => {
  it('is in the table, and nothing else is', () => {
    expect(Object.keys(ROUTES).sort()).toEqual(bff.routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('lets in whom the table says', async () => {
    // Whoever signs out cannot ask for the rest.
    const routes = Object.keys(ROUTES).toSorted((a, b) => Number(a === 'delete /session') - Number(b === 'delete /session'));
    for (const route of routes) {
      const outcomes = await Promise.all(callers.map((caller) => ask(caller, route)));
      expect([route, ...outcomes]).toEqual([route, ...(ROUTES[route] ?? [])]);
    }
  });

  it.each([
    ['keys', keys],
    ['tokens', tokens],
  ])('lets in %s with the scopes of a role as it lets in the role, but to what is of accounts', async (_what, bearers) => {
    for (const [route, row] of Object.entries(ROUTES)) {
      for (const [place, role] of ROLES.entries()) {
        const outcome = await ask(new Browser(bff.url, { authorization: `Bearer ${bearers.get(role)}` }), route);
        const wanted = OF_ACCOUNTS.has(route) && !['post', 'patch'].includes(route.split(' ')[0] ?? '') ? 403 : row[place + 2];
        expect([route, role, outcome]).toEqual([route, role, wanted]);
      }
    }
  });

  it('lets in a token for sending events as a key for it, and one that allows nothing to what anybody may', async () => {
    const sends = new Browser(bff.url, { authorization: `Bearer ${tokens.get('ingest')}` });
    const nothing = new Browser(bff.url, { authorization: `Bearer ${await issuer.sign({ scope: 'admin read' })}` });
    for (const [route, row] of Object.entries(ROUTES)) {
      expect([route, await ask(sends, route)]).toEqual([route, row[1]]);
      expect([route, await ask(nothing, route)]).toEqual([route, row[0] === 'in' || route === 'get /me' ? 'in' : 403]);
    }
  });

  it('is denied to a key that nobody made, a wrong scheme, and a ticket', async () => {
    const { body } = await new Browser(bff.url, { authorization: `Bearer ${bff.key}` }).ask('POST', '/tickets');
    const { ticket } = body as { ticket: string };
    for (const authorization of ['Bearer fbk_made_up', `Basic ${bff.key}`, bff.key, 'Bearer ', `Bearer ${ticket}`]) {
      for (const [route, row] of Object.entries(ROUTES)) {
        if (row[0] === 'in') continue;
        const [method = '', path = ''] = route.split(' ');
        const answer = await new Browser(bff.url, { authorization }).ask(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'));
        expect([route, answer.status]).toEqual([route, 401]);
      }
    }
  });
});

describe('every channel and message of a socket', () => {
  const credentials = () => [undefined, ...['ingest', 'viewer', 'operator', 'admin']];
  const keyOf = async (caller: string | undefined) =>
    caller === undefined ? undefined : caller === 'ingest' ? bff.makeKey(['ingest']) : keys.get(caller);
  const tokenOf = (caller: string | undefined) => Promise.resolve(tokens.get(caller ?? ''));
  const kinds = [
    ['keys', keyOf],
    ['tokens', tokenOf],
  ] as const;

  it('is in the table', () => {
    expect(Object.keys(CHANNEL_ACCESS).sort()).toEqual([...CHANNELS].sort());
  });

  it.each(kinds)('is for whom the table says, by %s', async (_what, bearerOf) => {
    for (const [place, caller] of credentials().entries()) {
      const key = await bearerOf(caller);
      const socket = io(bff.url, { auth: { key }, transports: ['websocket'], reconnection: false });
      const refusal = await new Promise<Outcome | null>((resolve) => {
        socket.once('connect', () => resolve(null));
        socket.once('connect_error', (error) => resolve((error as { data?: { status?: Outcome } }).data?.status ?? null));
      });
      for (const [channel, row] of Object.entries(CHANNEL_ACCESS)) {
        const answer: unknown = refusal ?? (await socket.emitWithAck('subscribe', { channel }));
        expect([caller, channel, refusal ?? 'in']).toEqual([caller, channel, row[place]]);
        if (refusal === null) expect(answer).toMatchObject({ ok: true });
      }
      for (const [name, row] of Object.entries(SOCKET_REQUESTS)) {
        const answer: unknown = refusal ?? (await socket.emitWithAck(name, { channel: 'tasks' }));
        expect([caller, name, refusal ?? 'in']).toEqual([caller, name, row[place]]);
        if (refusal === null) expect(answer).toMatchObject({ ok: true });
      }
      socket.close();
    }
  });

  it.each(kinds)('is so on the plain WebSocket too, by %s', async (_what, bearerOf) => {
    for (const [place, caller] of credentials().entries()) {
      const key = await bearerOf(caller);
      const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const socket = new WebSocket(`${bff.url.replace('http', 'ws')}/ws/tasks`, { headers });
      const outcome = await new Promise<Outcome | number>((resolve) => {
        socket.once('open', () => resolve('in'));
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.once('error', () => undefined);
      });
      expect([caller, outcome]).toEqual([caller, CHANNEL_ACCESS['tasks']?.[place]]);
      socket.terminate();
    }
  });
});
