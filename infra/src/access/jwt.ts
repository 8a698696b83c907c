import { createRemoteJWKSet, customFetch, errors, jwtVerify, type FetchImplementation, type JWTPayload } from 'jose';
import type { JwtConfig } from '../config.ts';
import { HttpProblem } from '../problem.ts';
import type { KeyVerifier } from './api-keys.ts';
import { type Caller, SCOPES, type Scope } from './scopes.ts';

/**
 * Tokens that the issuer of one's own services gives them (RFC 7519), as another kind of key. Nothing that stands in a token
 * says where its keys are, or how it is to be checked: the address of the keys is configured, and what is no signature of a key
 * pair (`none`, HMAC) is refused before any key is looked for.
 */

/** Signatures of a key pair: who can check them cannot make them. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** How far the issuer's clock may be from ours, in seconds. */
const CLOCK_TOLERANCE_S = 5;
/** Keys are read again when they are this old, and for a key that is not among them at most so often, in milliseconds. */
const KEYS_MS = 10 * 60_000;
const UNKNOWN_KEY_MS = 30_000;
/** How long reading them may take, how large they may be, and how long nothing is tried after it failed. */
const TIMEOUT_MS = 5_000;
const KEYS_BYTES = 256 * 1_024;
const FAILED_MS = 2_000;
const MAX_SUBJECT = 200;

/** How every JWT begins: an object as base64url. */
const JWT = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/;

/**
 * Recognises tokens of the configured issuer besides keys. Throws an `HttpProblem` for a token that is not to be believed (401,
 * another code for each reason) and where the issuer's keys cannot be read (503). Without a configuration there are only keys.
 */
export function takingJwts(keys: KeyVerifier, config: JwtConfig | undefined, now: () => number = Date.now): KeyVerifier {
  if (config === undefined) return keys;
  const { issuer, audience, scopeClaim, scopes } = config;
  let failedAt = -Infinity;
  const keySet = createRemoteJWKSet(new URL(config.jwksUrl), {
    timeoutDuration: TIMEOUT_MS,
    cacheMaxAge: KEYS_MS,
    cooldownDuration: UNKNOWN_KEY_MS,
    [customFetch]: (url, options) => {
      if (now() - failedAt < FAILED_MS) throw new Error('the keys could not be read a moment ago');
      return fetchKeys(url, options);
    },
  });

  async function callerOf(token: string): Promise<Caller> {
    const { payload } = await jwtVerify(token, keySet, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now()),
    }).catch((error: unknown) => {
      const problem = problemOf(error);
      if (problem.status === 503 && now() - failedAt >= FAILED_MS) failedAt = now();
      throw problem;
    });
    const { sub = '', exp = 0 } = payload;
    if (sub === '' || sub.length > MAX_SUBJECT) {
      throw refused('token-claims', `the token must have a subject (sub) of 1 to ${MAX_SUBJECT} characters`);
    }
    return { id: `jwt:${sub}`, name: sub, scopes: scopesOf(payload, scopeClaim, scopes), endsAt: exp * 1_000 };
  }

  return { verify: (bearer) => (JWT.test(bearer) ? callerOf(bearer) : keys.verify(bearer)) };
}

/** What the words of a claim (a list, or one text with spaces) stand for here; a word that is not mapped gives nothing. */
function scopesOf(payload: JWTPayload, claim: string, scopes: ReadonlyMap<string, Scope>): Scope[] {
  const value = payload[claim];
  const words = new Set(typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value.map(String) : []);
  const given = new Set([...words].map((word) => scopes.get(word)));
  return SCOPES.filter((scope) => given.has(scope));
}

/** Reads the issuer's keys, bounded and without following redirects. */
const fetchKeys: FetchImplementation = async (url, options) => {
  const response = await fetch(url, { ...options, redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > KEYS_BYTES) throw new Error('this is more than can be keys');
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status });
};

function problemOf(error: unknown): HttpProblem {
  if (error instanceof errors.JWTExpired) return refused('token-expired', 'the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) return problemOfClaim(error);
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return refused('token-algorithm', `the token must be signed by a key pair, with one of ${ALGORITHMS.join(', ')}`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refused('token-signature', 'the signature of the token is not of the key that it names');
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return refused('token-key', 'the token must name (kid) one of the keys of its issuer');
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid || error instanceof errors.JOSENotSupported) {
    return refused('token-malformed', 'the token cannot be read');
  }
  const problem = new HttpProblem(503, 'token-keys-unavailable', 'the keys of the token’s issuer cannot be read now', {
    'retry-after': '2',
  });
  problem.cause = error;
  return problem;
}

function problemOfClaim({ claim, reason }: errors.JWTClaimValidationFailed): HttpProblem {
  if (reason === 'missing') return refused('token-claims', `the token lacks ${claim}`);
  switch (claim) {
    case 'iss':
      return refused('token-issuer', 'the token is of another issuer');
    case 'aud':
      return refused('token-audience', 'the token is for another audience');
    case 'nbf':
      return refused('token-not-yet-valid', 'the token is not valid yet');
    default:
      return refused('token-claims', `the token has an unusable ${claim}`);
  }
}

function refused(code: string, detail: string): HttpProblem {
  return new HttpProblem(401, code, detail, { 'www-authenticate': 'Bearer realm="fleetbeat", error="invalid_token"' });
}
