import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';

/** An issuer of tokens with a key pair of its own, whose keys are served on a free port. */
export interface JwtIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** What a caller knows of the issuer's key: it is public. */
  readonly publicKey: string;
  /** How often its keys were read. */
  readonly reads: () => number;
  /** What is answered to who reads its keys, instead of the keys. */
  answerInstead: { status: number; headers?: Record<string, string>; body: string } | null;
  /** A token that is good for a minute, but for what is said. */
  sign(claims?: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  /** The next tokens are signed by another pair; the last one is forgotten. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

export const AUDIENCE = 'fleetbeat';

export async function startJwtIssuer(): Promise<JwtIssuer> {
  let reads = 0;
  let pairs = 0;
  const newPair = async () => ({ kid: `key-${++pairs}`, ...(await generateKeyPair('ES256', { extractable: true })) });
  let pair = await newPair();
  const server = createServer((_request, response) => {
    reads++;
    if (issuer.answerInstead !== null) {
      const { status, headers = {}, body } = issuer.answerInstead;
      response.writeHead(status, headers).end(body);
      return;
    }
    void exportJWK(pair.publicKey).then((key) => {
      const body = JSON.stringify({ keys: [{ ...key, kid: pair.kid, alg: 'ES256', use: 'sig' }] });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: JwtIssuer = {
    issuer: 'https://id.example.com',
    jwksUrl: `${url}/keys`,
    publicKey: await exportSPKI(pair.publicKey),
    reads: () => reads,
    answerInstead: null,
    sign: (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const usual = { iss: issuer.issuer, aud: AUDIENCE, sub: 'service-1', iat: now, exp: now + 60 };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: pair.kid, ...header })
        .sign(pair.privateKey);
    },
    rotate: async () => {
      pair = await newPair();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}
