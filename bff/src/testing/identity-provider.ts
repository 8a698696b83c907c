import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import Provider from 'oidc-provider';
import type { Browser } from './browser.ts';

/** A real OpenID Connect provider on loopback. Who there is and what is claimed of them may be changed while it runs. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly people: Map<string, Record<string, unknown>>;
  stop(): Promise<void>;
}

export const CLIENT = { OIDC_CLIENT_ID: 'fleetbeat', OIDC_CLIENT_SECRET: 'a secret of the client' };

/** `callback`: where browsers are sent back to. */
export async function startIdentityProvider(callback: string): Promise<IdentityProvider> {
  const people = new Map<string, Record<string, unknown>>();
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.OIDC_CLIENT_ID,
        client_secret: CLIENT.OIDC_CLIENT_SECRET,
        redirect_uris: [callback],
        grant_types: ['authorization_code'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['a key for tests'] },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
  });
  server.on('request', provider.callback());
  return {
    issuer,
    people,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Goes where a browser is sent, and signs in and consents as `login` on the provider's pages, until it is back at `home`. */
export async function signInAs(browser: Browser, login: string, url: string, home: string): Promise<string> {
  let at = url;
  for (let steps = 0; steps < 20; steps++) {
    let answer = await browser.ask('GET', at);
    if (answer.status === 200) {
      const [, action = ''] = /action="([^"]+)"/.exec(String(answer.body)) ?? [];
      const [, prompt = ''] = /name="prompt" value="(\w+)"/.exec(String(answer.body)) ?? [];
      answer = await browser.submit(new URL(action, at).href, { prompt, login, password: 'any' });
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${at} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    at = new URL(location, at).href;
    if (at.startsWith(home) && !at.startsWith(`${home}/api/`)) return at;
  }
  throw new Error('sent round in circles');
}
