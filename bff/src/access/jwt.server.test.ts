import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { List } from '@fleetbeat/contracts/api.ts';
import { AUDIENCE, startJwtIssuer, type JwtIssuer } from '@fleetbeat/infra/testing/jwt-issuer.ts';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createIsStillAdmitted } from '../live/admit.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';
import { Browser } from '../testing/browser.ts';

let issuer: JwtIssuer;
let bff: TestBff;
beforeAll(async () => {
  issuer = await startJwtIssuer();
  bff = await startTestBff({
    JWT_ISSUER: issuer.issuer,
    JWT_AUDIENCE: AUDIENCE,
    JWT_JWKS_URL: issuer.jwksUrl,
    JWT_SCOPES: 'fleet.read=read,fleet.operate=operate',
  });
});
afterAll(async () => {
  await bff.stop();
  await issuer.stop();
});

const past = () => Math.floor(Date.now() / 1_000) - 60;
const asWhoHas = (token: string) => new Browser(bff.url, { authorization: `Bearer ${token}` });

it('a service that changes something is written down by its subject', async () => {
  const service = asWhoHas(await issuer.sign({ sub: 'planner', scope: 'fleet.operate' }));
  expect((await service.ask('POST', '/tasks', { task_id: 'planned', name: 'Plan' })).status).toBe(201);
  const entries = (await (await bff.get('/audit?entity_id=planned')).json()) as List<AuditEntry>;
  expect(entries.items).toMatchObject([{ action: 'created', actor_id: 'jwt:planner', actor_type: 'api_key' }]);
});

it('every reason to refuse a token has a code of its own', async () => {
  const refusals = [
    [await issuer.sign({ exp: past() }), 'token-expired'],
    [await issuer.sign({ aud: 'billing' }), 'token-audience'],
    [await issuer.sign({ iss: 'https://id.example.org' }), 'token-issuer'],
    [(await issuer.sign()).replace(/\.[^.]*$/, '.'), 'token-signature'],
    [
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"a"}').toString('base64url')}.`,
      'token-algorithm',
    ],
  ] as const;
  for (const [token, code] of refusals) {
    const answer = await asWhoHas(token).ask('GET', '/agents');
    expect([answer.status, answer.code, answer.headers.get('www-authenticate')]).toEqual([
      401,
      code,
      'Bearer realm="fleetbeat", error="invalid_token"',
    ]);
  }
});

it('sockets refuse such tokens too', async () => {
  const key = await issuer.sign({ exp: past(), scope: 'fleet.read' });
  const socket = io(bff.url, { auth: { key }, transports: ['websocket'], reconnection: false });
  const refusal = await new Promise((resolve) => socket.once('connect_error', resolve));
  expect(refusal).toMatchObject({ data: { status: 401 } });
  socket.close();

  const plain = new WebSocket(`${bff.url.replace('http', 'ws')}/ws/tasks`, { headers: { authorization: `Bearer ${key}` } });
  const status = await new Promise((resolve) => {
    plain.once('unexpected-response', (_request, response) => resolve(response.statusCode));
    plain.once('error', () => undefined);
  });
  expect(status).toBe(401);
});

it('a socket stays open no longer than its token is good', async () => {
  const endsAt = 1_000;
  const who = { caller: { id: 'jwt:a', name: 'a', scopes: ['read' as const], endsAt }, by: 'key' as const };
  const never = () => Promise.reject(new Error('nobody asks'));
  const at = (now: number) => createIsStillAdmitted({ ofRequest: never, ofKey: never, ofTicket: never }, () => now)(who, {});
  expect([await at(endsAt - 1), await at(endsAt)]).toEqual([true, false]);
});
