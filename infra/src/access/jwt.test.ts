import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JwtConfig } from '../config.ts';
import { HttpProblem } from '../problem.ts';
import { AUDIENCE, startJwtIssuer, type JwtIssuer } from '../testing/jwt-issuer.ts';
import type { KeyVerifier } from './api-keys.ts';
import { takingJwts } from './jwt.ts';

const keys: KeyVerifier = {
  verify: (bearer) => Promise.resolve(bearer === 'a key' ? { id: 'key', name: 'key', scopes: ['admin'] } : null),
};

let issuer: JwtIssuer;
let clock: number;
let verifier: KeyVerifier;

beforeEach(async () => {
  issuer = await startJwtIssuer();
  clock = Date.now();
  const config: JwtConfig = {
    issuer: issuer.issuer,
    audience: AUDIENCE,
    jwksUrl: issuer.jwksUrl,
    scopeClaim: 'scope',
    scopes: new Map([
      ['fleet.read', 'read'],
      ['fleet.write', 'operate'],
      ['fleet.send', 'ingest'],
    ]),
  };
  verifier = takingJwts(keys, config, () => clock);
});
afterEach(() => issuer.stop());

async function refusalOf(token: string): Promise<[status: number, code: string] | string> {
  return verifier.verify(token).then(
    (caller) => `let in as ${caller?.id}`,
    (error: unknown) => (error instanceof HttpProblem ? [error.status, error.code] : String(error)),
  );
}

/** A token made by hand: header and claims as given, with whatever signature. */
function forged(header: object, claims: object, sign: (content: string) => string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part(header)}.${part(claims)}`;
  return `${content}.${sign(content)}`;
}
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
const seconds = () => Math.floor(clock / 1_000);

describe('a token', () => {
  it('tells who calls, and what the mapped words of its scope allow', async () => {
    const exp = seconds() + 60;
    expect(await verifier.verify(await issuer.sign({ exp, scope: 'openid fleet.read fleet.write admin' }))).toEqual({
      id: 'jwt:service-1',
      name: 'service-1',
      scopes: ['read', 'operate'],
      endsAt: exp * 1_000,
    });
    expect(await verifier.verify(await issuer.sign({ scope: ['fleet.send', 7] }))).toMatchObject({ scopes: ['ingest'] });
  });

  it.each([[undefined], ['admin'], ['read operate'], [{ read: true }], [['FLEET.READ']], ['']])(
    'allows nothing with a scope of %j',
    async (scope) => {
      expect(await verifier.verify(await issuer.sign(scope === undefined ? {} : { scope }))).toMatchObject({ scopes: [] });
    },
  );

  it('beside keys, which are still keys', async () => {
    expect(await verifier.verify('a key')).toMatchObject({ id: 'key' });
    expect(await verifier.verify('another')).toBeNull();
    expect(await takingJwts(keys, undefined).verify(await issuer.sign())).toBeNull();
  });

  it.each<[what: string, claims: () => Record<string, unknown>, code: string]>([
    ['has expired', () => ({ exp: seconds() - 6 }), 'token-expired'],
    ['never ends', () => ({ exp: undefined }), 'token-claims'],
    ['is not valid yet', () => ({ nbf: seconds() + 6 }), 'token-not-yet-valid'],
    ['is for another audience', () => ({ aud: 'billing' }), 'token-audience'],
    ['is for none', () => ({ aud: undefined }), 'token-claims'],
    ['is of another issuer', () => ({ iss: 'https://id.example.org' }), 'token-issuer'],
    ['is of no issuer', () => ({ iss: undefined }), 'token-claims'],
    ['is nobody’s', () => ({ sub: undefined }), 'token-claims'],
    ['is of an empty subject', () => ({ sub: '' }), 'token-claims'],
    ['is of an endless subject', () => ({ sub: 'x'.repeat(201) }), 'token-claims'],
    ['ends at no time', () => ({ exp: 'tomorrow' }), 'token-claims'],
  ])('that %s is refused', async (_what, claims, code) => {
    expect(await refusalOf(await issuer.sign(claims()))).toEqual([401, code]);
  });

  it('may be of a clock that is a little off', async () => {
    expect(await refusalOf(await issuer.sign({ exp: seconds() - 3, nbf: seconds() - 60 }))).toBe('let in as jwt:service-1');
    expect(await refusalOf(await issuer.sign({ nbf: seconds() + 3 }))).toBe('let in as jwt:service-1');
  });

  it('with several audiences may have ours among them', async () => {
    expect(await refusalOf(await issuer.sign({ aud: ['billing', AUDIENCE] }))).toBe('let in as jwt:service-1');
  });

  it('that was changed is refused', async () => {
    const [header = '', , signature = ''] = (await issuer.sign({ scope: 'fleet.read' })).split('.');
    const better = Buffer.from(JSON.stringify({ ...claimsOf(await issuer.sign()), scope: 'fleet.write' })).toString('base64url');
    expect(await refusalOf(`${header}.${better}.${signature}`)).toEqual([401, 'token-signature']);
  });

  it('without a signature, or with one by what everybody knows, is refused', async () => {
    const claims = claimsOf(await issuer.sign({ scope: 'fleet.write' }));
    expect(await refusalOf(forged({ alg: 'none' }, claims, () => ''))).toEqual([401, 'token-algorithm']);
    expect(await refusalOf(forged({ alg: 'None', kid: 'key-1' }, claims, () => ''))).toEqual([401, 'token-algorithm']);
    const byPublicKey = (content: string) => createHmac('sha256', issuer.publicKey).update(content).digest('base64url');
    expect(await refusalOf(forged({ alg: 'HS256', kid: 'key-1' }, claims, byPublicKey))).toEqual([401, 'token-algorithm']);
    expect(await refusalOf(forged({ alg: 'RS256', kid: 'key-1' }, claims, byPublicKey))).toEqual([401, 'token-key']);
  });

  it('is not believed about where its key is', async () => {
    const other = await startJwtIssuer();
    try {
      const token = await other.sign({}, { kid: 'key-1', jku: other.jwksUrl, x5u: other.jwksUrl });
      expect(await refusalOf(token)).toEqual([401, 'token-signature']);
      expect(await refusalOf(await other.sign({}, { kid: 'key-9', jku: other.jwksUrl }))).toEqual([401, 'token-key']);
      expect(other.reads()).toBe(0);
    } finally {
      await other.stop();
    }
  });

  it.each(['eyJ..', 'eyJhbGciOiJFUzI1NiJ9.e30.', 'eyJ.eyJ.eyJ', 'eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdLCJ4IjoxfQ.e30.AAAA'])(
    'that is none (%s) is refused',
    async (token) => {
      expect(await refusalOf(token)).toEqual([401, expect.stringMatching(/^token-(malformed|signature|key)$/)]);
    },
  );
});

describe('the keys of the issuer', () => {
  it('are read once for many tokens, and not over and over for keys that are not among them', async () => {
    for (let n = 0; n < 20; n++) expect(await refusalOf(await issuer.sign())).toBe('let in as jwt:service-1');
    expect(issuer.reads()).toBe(1);
    for (let n = 0; n < 20; n++) await refusalOf(await issuer.sign({}, { kid: `made-up-${n}` }));
    expect(issuer.reads()).toBe(1);
  });

  it.each([
    ['is away', { status: 500, body: 'no' }],
    ['sends one elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }],
    ['answers something else', { status: 200, body: '<html>' }],
    ['answers no keys', { status: 200, body: '{"keys": 7}' }],
    ['answers without end', { status: 200, body: `{"keys": [${'{},'.repeat(100_000)}{}]}` }],
  ])('who %s is not asked again at once, and then is', async (_what, answer) => {
    issuer.answerInstead = answer;
    const token = await issuer.sign();
    const asked = async () => {
      for (let n = 0; n < 5; n++) expect(await refusalOf(token)).toEqual([503, 'token-keys-unavailable']);
      return issuer.reads();
    };
    expect(await asked()).toBe(1);
    issuer.answerInstead = null;
    clock += 2_000;
    expect(await refusalOf(await issuer.sign())).toBe('let in as jwt:service-1');
  });
});
