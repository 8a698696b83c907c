import type { IncomingMessage } from 'node:http';
import type { Actor } from '@fleetbeat/infra/audit/record-change.ts';
import { whoSent } from './authenticated.ts';

/** Who is written down for what a request changes: whoever is signed in, by name, or the key. Only for guarded routes. */
export function actorOf(request: IncomingMessage): Actor {
  const who = whoSent(request);
  if (who === null) throw new Error('a change needs to know who asks for it');
  return who.by === 'key' ? { id: who.caller.id, type: 'api_key' } : { id: who.caller.name, type: 'user' };
}
